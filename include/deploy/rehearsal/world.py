"""The place of the rehearsal: its own network, mounts, processes and host names; and the world.

Nothing in it reaches the machine's network, and nothing that it starts outlives it: when the first
process of a PID namespace ends, the kernel ends the others.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from dnstats.lab.lookup import World
from dnstats.lab.providers import REGISTRY
from dnstats.settings import ROOT
from dnstats.stack import processes, server_user
from dnstats.stack.fault import StackFault

PROGRAMS = ("unshare", "nsenter", "setpriv", "mount", "ip", "sysctl", "curl", "hostname", "unbound")
ROOT_KEY = "/usr/share/dns/root.key"  # of unbound's image; the practice root's is mounted over it
PACKAGES = "util-linux iproute2 procps curl hostname unbound redis-server dns-root-data"
SEED = 1
SITES = ROOT / "include" / "sites.csv.gz"


def missing() -> list[str]:
    """What the rehearsal needs and this machine does not have."""
    brokers = ("valkey-server", "redis-server")
    found = [name for name in PROGRAMS if shutil.which(name) is None]
    found += [] if any(map(shutil.which, brokers)) else [" or ".join(brokers)]
    return found + ([] if Path(ROOT_KEY).exists() else [ROOT_KEY])


def enter(arguments: Sequence[str]) -> None:
    """Become the first process of the rehearsal's namespaces; does not return."""
    if lacking := missing():
        raise StackFault(f"{', '.join(lacking)}: not on this machine (apt-get install {PACKAGES})")
    if ROOT.is_relative_to("/tmp"):  # noqa: S108
        raise StackFault(f"{ROOT} is below /tmp, which every service has to itself: move it")
    spaces = ["--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child"]
    if os.geteuid() != 0:
        spaces += ["--user", "--map-current-user", "--keep-caps"]
    tried = subprocess.run(
        ["unshare", *spaces, "true"], capture_output=True, text=True, check=False
    )
    if tried.returncode != 0:
        raise StackFault(f"this machine allows no namespaces ({tried.stderr.strip()}); be root")
    inside = [sys.executable, "-m", "rehearsal", "--inside", *arguments]
    os.execvp("unshare", ["unshare", *spaces, "--mount-proc", "--", *inside])  # noqa: S606


def furnish(folder: Path, hosts: dict[str, str], users: Iterable[int]) -> None:
    """Loopback up, low ports for everybody, host names, code that the services' users can read."""
    lines = ["127.0.0.1 localhost", *(f"{address} {name}" for name, address in hosts.items())]
    (folder / "hosts").write_text("\n".join(lines) + "\n")
    _do("mount", "--make-rprivate", "/")
    _do("ip", "link", "set", "lo", "up")
    _do("sysctl", "-q", "-w", "net.ipv4.ip_unprivileged_port_start=0")
    _do("mount", "--bind", str(folder / "hosts"), "/etc/hosts")
    if os.geteuid() == 0:
        # As the images have them.
        named = [f"airflow:x:{user}:0::/tmp:/bin/sh\n" for user in users]
        (folder / "passwd").write_text(Path("/etc/passwd").read_text() + "".join(named))
        _do("mount", "--bind", str(folder / "passwd"), "/etc/passwd")
        _open_the_way([Path(sys.base_prefix).resolve(), ROOT], users)


def _open_the_way(needed: Sequence[Path], users: Iterable[int]) -> None:
    """Show folders that lie behind a closed one (Python in /root) to users who cannot pass it.

    Only in this mount namespace: an empty, open folder is laid over the closed one, and what is
    needed below it is mounted there again.
    """
    closed = {
        parent
        for path in needed
        for parent in reversed(path.parents)
        if any(not server_user.can_reach(parent, (user, 0)) for user in users)
    }
    tops = [path for path in closed if not closed & set(path.parents)]
    _do("mount", "-t", "tmpfs", "tmpfs", "/mnt")
    for top in tops:
        below = [path for path in needed if top in path.parents]
        for number, path in enumerate(below):
            kept = Path(f"/mnt/{number}")
            kept.mkdir()
            _do("mount", "--bind", str(path), str(kept))
        _do("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(top))
        for number, path in enumerate(below):
            path.mkdir(parents=True)
            _do("mount", "--move", f"/mnt/{number}", str(path))
    _do("umount", "/mnt")


def start_internet(folder: Path) -> subprocess.Popen[bytes]:
    """The practice internet on port 53, and unbound's configuration to recurse in it."""
    process = processes.spawn(
        [*(sys.executable, "-m", "dnstats.lab", "--port", "53", "--seed", str(SEED)),
         *("--sites", str(SITES), "--ready-file", str(folder / "lab.json"))],
        env=dict(os.environ), log=folder / "log" / "lab.log", cwd=ROOT,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (folder / "lab.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise StackFault(f"the practice internet did not start; {folder}/log/lab.log says why")
        time.sleep(0.05)
    _write_root_key(folder / "root.key")
    stubs = "\n".join(f"    stub-addr: {address}" for address in REGISTRY)
    (folder / "unbound.conf").write_text(
        f'include: "{ROOT}/include/deploy/unbound.conf"\n'
        # Its root is on loopback, where unbound else asks nobody.
        f"server:\n    do-not-query-localhost: no\n"
        f'stub-zone:\n    name: "."\n{stubs}\n'
    )
    return process


def _write_root_key(path: Path) -> None:
    """The practice root's key-signing key, as a trust anchor file has it."""
    for raw in World(SEED, (), int(time.time())).signer.dnskeys(""):
        flags = int.from_bytes(raw[:2], "big")
        if flags & 1:
            key = base64.b64encode(raw[4:]).decode()
            path.write_text(f". 3600 IN DNSKEY {flags} {raw[2]} {raw[3]} {key}\n")


def datagrams() -> int:
    """UDP datagrams sent in this network until now, by everybody."""
    names, values = (
        line.split()
        for line in Path("/proc/net/snmp").read_text().splitlines()
        if line.startswith("Udp:")
    )
    return int(values[names.index("OutDatagrams")])


def everybody() -> list[str]:
    """What runs in these namespaces besides ourselves: "pid command"."""
    found = []
    for entry in Path("/proc").iterdir():
        if (
            entry.name.isdigit()
            and int(entry.name) != os.getpid()
            and processes.alive(int(entry.name))
        ):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            found.append(f"{entry.name} {command}")
    return found


def _do(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StackFault(f"`{' '.join(argv)}` failed: {done.stderr.strip()}")
