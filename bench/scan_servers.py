"""The servers that a scan is measured against: knot, unbound, a lossy path, a root and all below.

Each is a process of its own on loopback, ended with the block that started it.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import dns.exception
import dns.message
import dns.query
from scan_clients import PREFIXES, ZONE, sites
from scan_hierarchy import (
    REGISTRY,
    ROOT,
    TLDS,
    build,
    hoster_addresses,
    is_silent,
    is_slow,
    silent_addresses,
)

HERE = Path(__file__).resolve().parent
UNBOUND_CONF = HERE.parent / "include" / "deploy" / "unbound.conf"
TEXTS = {
    "": "v=spf1 include:_spf.{site} -all",
    "_spf.": "v=spf1 ip4:192.0.2.0/24 -all",
    "_dmarc.": "v=DMARC1; p=reject; rua=mailto:dmarc@{site}",
    "_smtp._tls.": "v=TLSRPTv1; rua=mailto:tls@{site}",
}
OURS = ("interface", "port", "directory", "pidfile", "trust-anchor-file", "control-", "remote-")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Served:
    """A running server; its CPU seconds are known once it has ended."""

    def __init__(self, command: list[str], port: int) -> None:
        self.port = port
        self.cpu = 0.0
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def wait_for(self, name: str, rdtype: str, address: str = "127.0.0.1") -> None:
        """Until it answers; SystemExit when it never does."""
        query = dns.message.make_query(name, rdtype)
        for _ in range(600):
            with suppress(OSError, dns.exception.DNSException):
                dns.query.udp(query, address, 1, port=self.port)
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.1)
        raise SystemExit(f"{self._process.args!r} does not answer")

    def end(self) -> None:
        if self._process.returncode is None:
            self._process.terminate()
            _, status, usage = os.wait4(self._process.pid, 0)
            self._process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu = usage.ru_utime + usage.ru_stime


@contextmanager
def knot(folder: Path, count: int) -> Iterator[Served]:
    """A name server for the zone that is asked about, `count` names of it."""
    port = free_port()
    with (folder / "zone").open("w") as zone:
        zone.write(f"$TTL 300\n{ZONE}. 300 SOA ns.{ZONE}. root.{ZONE}. 1 1 1 1 300\n")
        zone.write(f"{ZONE}. NS ns.{ZONE}.\nns.{ZONE}. A 127.0.0.1\n")
        for site in sites(count // len(PREFIXES) + 1):
            for prefix, text in TEXTS.items():
                zone.write(f'{prefix}{site}. TXT "{text.format(site=site)}"\n')
    (folder / "knot.conf").write_text(
        f"server:\n  rundir: {folder}\n  listen: 127.0.0.1@{port}\n  udp-workers: 1\n"
        f"  socket-affinity: on\n"
        f"database:\n  storage: {folder}\n"
        f"zone:\n  - domain: {ZONE}\n    file: {folder}/zone\n    zonefile-sync: -1\n"
        f"    journal-content: none\n    semantic-checks: off\n"
    )
    server = Served(["knotd", "-c", str(folder / "knot.conf")], port)
    try:
        server.wait_for(ZONE, "SOA")
        yield server
    finally:
        server.end()


def _unbound_conf(extra: Iterable[str]) -> str:
    """The project's own unbound.conf, with the lines that tie it to its container exchanged."""
    kept = [
        line
        for line in UNBOUND_CONF.read_text("utf-8").splitlines()
        if not line.strip().startswith(OURS)
    ]
    return "\n".join([*kept, "server:", *extra, ""])


@contextmanager
def unbound(folder: Path, extra: Iterable[str], first: str = ".") -> Iterator[Served]:
    """A resolver with nothing in its cache, on the project's own configuration.

    It sends from a loopback address, so that nothing can leave this machine.
    """
    port = free_port()
    (folder / "unbound.conf").write_text(
        _unbound_conf(
            [
                "interface: 127.0.0.1",
                f"port: {port}",
                f'directory: "{folder}"',
                'pidfile: ""',
                "outgoing-interface: 127.0.0.1",
                "do-ip6: no",
                "do-not-query-localhost: no",
                'local-zone: "test." nodefault',
                *extra,
            ]
        )
    )
    server = Served(["unbound", "-d", "-c", str(folder / "unbound.conf")], port)
    try:
        server.wait_for(first, "SOA")
        yield server
    finally:
        server.end()


def forwarding_to(port: int) -> list[str]:
    """Lines that have unbound ask the name server of the zone."""
    return ["stub-zone:", f'name: "{ZONE}"', f"stub-addr: 127.0.0.1@{port}"]


@contextmanager
def lossy(port: int, share: float) -> Iterator[Served]:
    """A path to the server at `port` on which this share of all datagrams is lost, either way."""
    own = free_port()
    script = str(HERE / "scan_servers.py")
    path = Served([sys.executable, script, str(own), str(port), str(share)], own)
    try:
        path.wait_for(ZONE, "SOA")
        yield path
    finally:
        path.end()


def _lose(own: int, port: int, share: float) -> None:
    import select

    front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    front.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    front.bind(("127.0.0.1", own))
    backs: dict[tuple[str, int], socket.socket] = {}
    clients: dict[int, tuple[str, int]] = {}
    poller = select.epoll()
    poller.register(front, select.EPOLLIN)
    sockets: dict[int, socket.socket] = {front.fileno(): front}
    rng = random.Random(share)
    while True:
        for descriptor, _ in poller.poll():
            for _ in range(64):
                try:
                    data, client = sockets[descriptor].recvfrom(4096, socket.MSG_DONTWAIT)
                except OSError:
                    break
                if rng.random() < share:
                    continue
                if descriptor != front.fileno():
                    front.sendto(data, clients[descriptor])
                    continue
                back = backs.get(client)
                if back is None:
                    back = backs[client] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    back.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
                    back.connect(("127.0.0.1", port))
                    sockets[back.fileno()] = back
                    clients[back.fileno()] = client
                    poller.register(back, select.EPOLLIN)
                with suppress(OSError):
                    back.send(data)


@contextmanager
def hierarchy(
    folder: Path, count: int, silent: int = 0, slow: int = 0, delay: float = 4.0, loss: float = 0.0
) -> Iterator[list[str]]:
    """Root, top-level domains and `count` sites on port 53; the sites' domains.

    `silent` percent of them are delegated to addresses that take every datagram and connection and
    never say a word, `slow` percent to such as answer after `delay` seconds and lose that share of
    the datagrams, either way.
    """
    domains = build(folder, count, silent, slow)
    servers: list[Served] = []
    mute: list[socket.socket] = []
    try:
        for number in range(count):
            if is_silent(number, silent):
                mute += _mute(silent_addresses(number))
        late = [
            address
            for number in range(count)
            if is_slow(number, slow)
            for address in silent_addresses(number)
        ]
        if late:
            script = str(HERE / "scan_late.py")
            command = [sys.executable, script, hoster_addresses()[0], str(delay), str(loss)]
            servers.append(Served([*command, *late], 53))
        for name in ("root", "registry", "sites"):
            servers.append(Served(["knotd", "-c", str(folder / f"{name}.conf")], 53))
        *_, root, registry, hosters = servers
        root.wait_for(".", "SOA", ROOT)
        registry.wait_for(TLDS[-1], "SOA", REGISTRY)
        served = next(n for n in reversed(range(count)) if not is_silent(n, silent))
        hosters.wait_for(domains[served], "SOA", hoster_addresses()[-1])
        yield domains
    finally:
        for one in mute:
            one.close()
        for server in servers:
            server.end()


def _mute(addresses: Iterable[str]) -> Iterator[socket.socket]:
    for address in addresses:
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind((address, 53))
        listener = socket.socket()
        listener.bind((address, 53))
        listener.listen(0)
        yield from (datagrams, listener)


def missing(*programs: str) -> list[str]:
    """Those of the programs that are not installed."""
    return [program for program in programs if shutil.which(program) is None]


if __name__ == "__main__":
    _lose(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
