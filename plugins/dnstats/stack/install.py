"""Makes `.venv` and installs the locked requirements into it; a second call does nothing.

Run by the system's python3 before anything is installed, so: standard library only, no import of
ours, and no syntax that an old Python stumbles over before it can be told that it is too old.
"""

import hashlib
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
STAMP = "dnstats-installed"


def main(arguments):
    """Install from the given requirement files (default: requirements.txt); exit status."""
    root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
    files = [os.path.join(root, name) for name in arguments or ["requirements.txt"]]
    try:
        install(root, os.path.join(root, ".venv"), files)
    except Refused as refused:
        print("install: " + str(refused), file=sys.stderr)
        return 1
    return 0


class Refused(Exception):
    """What is missing on this machine and what to do about it."""


def install(root, venv, files):
    """Bring `venv` to what `files` lock, unless its stamp says that it is there already."""
    if sys.version_info < OLDEST:
        raise Refused(
            "DNStats needs Python 3.11 or newer, %s is %s; name another one: make PYTHON=python3.12"
            % (sys.executable, ".".join(str(part) for part in sys.version_info[:3]))
        )
    wanted = fingerprint(files)
    if wanted <= installed(venv):
        return
    others = installed(venv) - wanted
    stamp = os.path.join(venv, STAMP)
    uv = shutil.which("uv")
    python = os.path.join(venv, "bin", "python")
    if os.path.exists(stamp):
        os.unlink(stamp)  # half-way is not installed
    if not usable(python):
        say("making .venv with Python %d.%d" % sys.version_info[:2])
        make_venv(venv, with_pip=uv is None)
        others = set()
    for path in files:
        say("installing %s with %s" % (os.path.basename(path), "uv" if uv else "pip"))
        run(installer(uv, python) + ["--require-hashes", "-r", path])
    packages = answer([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
    with open(os.path.join(packages, "dnstats.pth"), "w") as pth:
        pth.write(os.path.join(root, "plugins") + "\n")
    say("compiling (once, so that Airflow starts fast)")
    compile_all(python, [packages, os.path.join(root, "plugins")])
    with open(stamp + ".half", "w") as half:
        half.write("\n".join(sorted(wanted | others)) + "\n")
    os.rename(stamp + ".half", stamp)
    say("installed")


def fingerprint(files):
    """One line a requirements file: this Python, this place and the file's hash."""
    lines = set()
    for path in files:
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        # A .venv that was moved has wrong paths in its scripts: the place is part of it.
        lines.add("%d.%d %s %s" % (sys.version_info[:2] + (os.path.abspath(path), digest)))
    return lines


def installed(venv):
    """The fingerprints of what was installed whole; empty when nothing was."""
    if not usable(os.path.join(venv, "bin", "python")):
        return set()
    try:
        with open(os.path.join(venv, STAMP)) as file:
            return set(file.read().splitlines())
    except OSError:
        return set()


def usable(python):
    """Whether this venv's interpreter still starts (the system's Python may have moved on)."""
    try:
        version = answer([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    except (OSError, subprocess.CalledProcessError):
        return False
    return version == "%d.%d" % sys.version_info[:2]


def make_venv(venv, with_pip):
    """A new empty venv in place of whatever is there."""
    shutil.rmtree(venv, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", *([] if with_pip else ["--without-pip"]), venv],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        shutil.rmtree(venv, ignore_errors=True)
        raise Refused(
            "python3 cannot make a virtual environment (on Debian and Ubuntu: "
            "apt install python3-venv). It said: " + (made.stdout + made.stderr).strip()[-300:]
        )


def installer(uv, python):
    """The command that installs into python's venv."""
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", python]
    return [python, "-m", "pip", "install", "--quiet", "--no-compile", "--no-input",
            "--disable-pip-version-check"]  # fmt: skip


def compile_all(python, folders):
    """Write .pyc files even where PYTHONDONTWRITEBYTECODE is set; broken sources are skipped."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(
        [python, "-m", "compileall", "-qq", "-j", "0", *folders], env=env, check=False,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def run(command):
    """Run it, its output shown; Refused when it fails."""
    if subprocess.run(command, check=False).returncode != 0:
        raise Refused("that did not work (see above); run the same make again to go on")


def answer(command):
    """What a command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def say(text):
    """A line for the one who waits."""
    print("install: " + text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
