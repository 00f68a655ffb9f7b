"""Two scans on two machines ask the same servers: what the servers see in their busiest second.

    python bench/two_machines.py        as root; nothing leaves this machine

The machines are network namespaces with a cable (veth) to a third one, which holds the name servers
and PostgreSQL, 20 ms away. The second scan begins 8 seconds after the first and ends before it.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "plugins")]

MACHINES = {"dnstats-a": "10.99.1", "dnstats-b": "10.99.2"}
MIDDLE = "dnstats-m"
DATABASE = "10.99.0.1"
SERVERS = [f"185.199.1.{number}" for number in range(1, 6)]  # public ones: others are not asked
DELAY = 0.02
SO_TIMESTAMPNS = 35  # <asm-generic/socket.h>


def main() -> None:
    """Called without arguments; the others are how it calls itself inside the namespaces."""
    if sys.argv[1:2] == ["middle"]:
        _middle()
    elif sys.argv[1:2] == ["scan"]:
        _scan(*json.loads(sys.argv[2]))
    else:
        try:
            _lay_cables()
            command = ["ip", "netns", "exec", MIDDLE, sys.executable, __file__, "middle"]
            subprocess.run(command, check=True)
        finally:
            for name in (*MACHINES, MIDDLE):
                subprocess.run(["ip", "netns", "del", name], check=False)


def _lay_cables() -> None:
    lines = [f"netns add {name}" for name in (*MACHINES, MIDDLE)]
    lines += [f"-n {name} link set lo up" for name in (*MACHINES, MIDDLE)]
    lines += [f"-n {MIDDLE} addr add {address}/32 dev lo" for address in (DATABASE, *SERVERS)]
    for number, (name, network) in enumerate(MACHINES.items()):
        lines += [
            f"link add eth0 netns {name} type veth peer name to{number} netns {MIDDLE}",
            f"-n {name} addr add {network}.2/24 dev eth0",
            f"-n {MIDDLE} addr add {network}.1/24 dev to{number}",
            f"-n {name} link set eth0 up",
            f"-n {MIDDLE} link set to{number} up",
            f"-n {name} route add default via {network}.1",
        ]
    for line in lines:
        subprocess.run(["ip", *line.split()], check=True)


def _scan(name: str, url: str, count: int, servers: int, rates: list[float]) -> None:
    from dnstats.db.connect import open_database
    from dnstats.scan.scanner import scan
    from dnstats.scan.settings import ScanSettings
    from dnstats.tasks.chunk_name import ChunkName
    from dnstats.tasks.share_lease import ShareLease

    from tests.scan.asking import ask, txt

    settings = ScanSettings(
        resolvers=("127.0.0.1:1",), server_rate=rates[0], network_rate=rates[1], patience=0.0,
        second_pass=False,
    )  # fmt: skip
    questions = [txt(f"{name}{n}.example", SERVERS[n % servers]) for n in range(count)]
    chunk = ChunkName(run_id=1, number=ord(name), label=name)
    with ShareLease(open_database(url), chunk) as allowance:
        plans = ((question.name, ask(question)) for question in questions)
        report = scan(plans, settings, lambda *_: None, allowance=allowance)
    print(json.dumps(report.outcomes))


def _middle() -> None:
    from dnstats.db.migrate import migrate
    from dnstats.db.roles import OWNER
    from dnstats.stack.postgres import temporary

    seen: list[tuple[float, str]] = []
    threading.Thread(target=_answer, args=(seen,), daemon=True).start()
    with temporary(fsync=False) as cluster:
        cluster.prepare_roles()
        migrate(cluster.url("dnstats", role=OWNER))
        own = sa.make_url(cluster.url("dnstats", role=OWNER))
        threading.Thread(target=_pass_on, args=(own.port,), daemon=True).start()
        url = own.set(host=DATABASE, port=5432, query={}).render_as_string(hide_password=False)
        for servers, rates in ((1, [20.0, 200.0]), (5, [20.0, 30.0])):
            seen.clear()
            first = _begin("dnstats-a", ["a", url, 500, servers, rates])
            time.sleep(8)
            second = _begin("dnstats-b", ["b", url, 200, servers, rates])
            for process in (first, second):
                process.communicate(timeout=300)
            print(
                f"{servers} servers, {rates[0]:g} a second at each and {rates[1]:g} at all: "
                f"{len(seen)} questions in {seen[-1][0] - seen[0][0]:.0f} s; in the busiest "
                f"second {max(_peak(seen, {one}) for one in SERVERS)} at one server, "
                f"{_peak(seen, set(SERVERS))} at all"
            )


def _begin(machine: str, arguments: list[Any]) -> subprocess.Popen[str]:
    command = ["ip", "netns", "exec", machine, sys.executable, __file__, "scan"]
    return subprocess.Popen([*command, json.dumps(arguments)], text=True)


def _answer(seen: list[tuple[float, str]]) -> None:
    from tests.scan.nameserver import Query, respond

    sockets = []
    for address in SERVERS:
        sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sockets[-1].setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sockets[-1].bind((address, 53))
    while True:
        for one in select.select(sockets, [], [])[0]:
            data, told, _, peer = one.recvmsg(4096, 64)
            seconds, nanoseconds = struct.unpack("@ll", told[0][2])  # when the kernel had it
            seen.append((seconds + nanoseconds / 1e9, one.getsockname()[0]))
            one.sendto(respond(Query(data, tcp=False)), peer)


def _pass_on(port: int) -> None:
    """PostgreSQL's port for the machines, with the delay of a network."""
    listener = socket.create_server((DATABASE, 5432))
    while True:
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", port))
        for one, other in ((client, server), (server, client)):
            threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            time.sleep(DELAY)
            other.sendall(data)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def _peak(seen: list[tuple[float, str]], servers: set[str]) -> int:
    """The most questions to these servers within any one second."""
    times = [at for at, server in seen if server in servers]
    return max((sum(at - 1 < one <= at for one in times) for at in times), default=0)


if __name__ == "__main__":
    main()
