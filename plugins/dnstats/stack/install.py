"""Makes `.venv` and installs the locked requirements into it; a second call does nothing.

Run by the system's python3 before anything is installed, so: standard library only, no import of
ours, and nothing that Python 3.7 stumbles over before it can be told that it is too old.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
STAMP = "dnstats-installed"
# By way of the venv's own place: Python 3.11 reads this file in the encoding of the locale, and
# does not start at all where the path of the checkout has letters that the locale has not.
PATH_LINE = (
    "import os, sys; sys.path.append(os.path.join(os.path.dirname(sys.prefix), 'plugins'))\n"
)


class Refused(Exception):
    """What is missing on this machine and what to do about it."""


def main(names: list[str]) -> int:
    """Install from the requirement files of these names; exit status."""
    root = Path(__file__).resolve().parents[3]
    try:
        if sys.version_info < OLDEST:
            raise Refused(
                f"DNStats needs Python 3.11 or newer and {sys.executable} is {_version()}; "
                "name a newer one: make run PYTHON=python3.12"
            )
        install(root, [root / name for name in names or ["requirements.txt"]])
    except Refused as refused:
        print(f"install: {refused}", file=sys.stderr)
        return 1
    return 0


def install(root: Path, files: list[Path]) -> None:
    """Bring root/.venv to what `files` lock, unless its stamp says that it is there already."""
    venv, uv = root / ".venv", shutil.which("uv")
    wanted = fingerprint(files)
    if wanted <= installed(venv):
        return
    python = venv / "bin" / "python"
    if (venv / STAMP).exists():
        (venv / STAMP).unlink()  # half-way is not installed
    if not usable(python) or not (uv or _has_pip(python)):
        say(f"making .venv with Python {_version()}")
        make_venv(venv, with_pip=uv is None)
    for path in files:
        say(f"installing {path.name} with {'uv' if uv else 'pip'}")
        install_file(uv, python, path, root / "var" / "cache")
    packages = Path(_ask(python, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    (packages / "dnstats.pth").write_text(PATH_LINE)
    say("compiling it once, so that Airflow starts fast")
    compile_all(python, [packages, root / "plugins"])
    half = venv / f"{STAMP}.half"
    half.write_text("\n".join(sorted(wanted)) + "\n")
    half.replace(venv / STAMP)
    say("installed")


def fingerprint(files: list[Path]) -> set[str]:
    """One line a requirements file: this Python, the file's place and its hash.

    The place counts because a .venv that was moved has the old paths in its scripts.
    """
    return {
        f"{_version()} {path.resolve()} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in files
    }


def installed(venv: Path) -> set[str]:
    """The fingerprints of what was installed whole; empty when nothing was."""
    try:
        stamp = (venv / STAMP).read_text()
    except OSError:
        return set()
    return set(stamp.splitlines()) if usable(venv / "bin" / "python") else set()


def usable(python: Path) -> bool:
    """Whether this venv's interpreter starts and is of our version (the system moves on)."""
    try:
        return _ask(python, "import sys; print('.'.join(map(str, sys.version_info[:2])))") == (
            _version()
        )
    except (OSError, subprocess.CalledProcessError):
        return False


def make_venv(venv: Path, with_pip: bool) -> None:
    """A new empty venv in place of whatever is there."""
    shutil.rmtree(venv, ignore_errors=True)
    command = [sys.executable, "-m", "venv", str(venv)]
    made = subprocess.run(
        command if with_pip else [*command, "--without-pip"],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        shutil.rmtree(venv, ignore_errors=True)
        said = " ".join((made.stdout + made.stderr).split())[-300:]
        raise Refused(
            "python3 cannot make a virtual environment; on Debian and Ubuntu: "
            f"apt install python3-venv, or put uv on the PATH. It said: {said}"
        )


def install_file(uv: str | None, python: Path, path: Path, cache: Path) -> None:
    """Install one locked file; downloads are kept in the checkout unless the user says where."""
    env = {**os.environ}
    env.setdefault("UV_CACHE_DIR", str(cache / "uv"))
    env.setdefault("PIP_CACHE_DIR", str(cache / "pip"))
    # The lock is whole. Without --no-deps pip resolves again, and refuses `celery[redis]` beside a
    # pinned `celery`, or the other way round.
    lock = ["--no-deps", "--require-hashes", "-r", str(path)]
    if uv:
        quiet = [] if sys.stderr.isatty() else ["--quiet"]
        command = [uv, "pip", "install", *quiet, "--python", str(python), *lock]
        done = subprocess.run(command, env=env, check=False).returncode
    else:
        pip = ["-m", "pip", "install", "--no-compile", "--no-input", "--progress-bar", "off"]
        command = [str(python), *pip, "--disable-pip-version-check", *lock]
        done = _run_counting(command, env)
    if done != 0:
        raise Refused(f"{path.name} was not installed (see above); the same make again goes on")


def compile_all(python: Path, folders: list[Path]) -> None:
    """Write .pyc files even where PYTHONDONTWRITEBYTECODE is set; broken sources are skipped."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(
        [str(python), "-m", "compileall", "-qq", "-j", "0", *map(str, folders)],
        env=env,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def say(text: str) -> None:
    """A line for the one who waits."""
    print(f"install: {text}", flush=True)


def _run_counting(command: list[str], env: dict[str, str]) -> int:
    """Run pip with a line every few seconds instead of its hundreds; errors are shown whole."""
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as pip:
        found, last = 0, time.monotonic()
        for line in pip.stdout or ():
            found += line.startswith("Collecting ")
            if time.monotonic() - last > 5 or line.startswith("Installing collected"):
                last = time.monotonic()
                say(f"  {found} packages so far: {line.strip()[:60]}")
    return pip.returncode


def _has_pip(python: Path) -> bool:
    try:
        _ask(python, "import pip")
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _ask(python: Path, code: str) -> str:
    asked = subprocess.run(
        [str(python), "-I", "-c", code], capture_output=True, text=True, check=True
    )
    return asked.stdout.strip()


def _version() -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
