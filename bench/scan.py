"""What a look-up costs the client: this engine beside others, same server, same questions.

    make bench-scan            or: python bench/scan.py [--names 100000] [--rounds 5]

Knot (Debian package `knot`) serves one zone on loopback; every client asks for the TXT record of
every name in it and keeps every message. The clients run one after another, in rounds, each in a
process of its own whose CPU time (user and system) the kernel counts. A client that is not there
is named and left out: `massdns` (on PATH or at $MASSDNS), dnspython, aiodns (pip install aiodns).
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import dns.message
import dns.query
from scan_clients import ZONE, names

HERE = Path(__file__).resolve().parent


class Row(NamedTuple):
    """A client: what it is called, how it is started, and for which share of the names."""

    title: str
    command: list[str]
    share: float


class Run(NamedTuple):
    """One run of a client."""

    cpu_us: float  # per answered look-up
    rate: float  # answered look-ups a second
    lost: int


def rows(port: int, folder: Path) -> list[Row]:
    """The clients that are there; the others are named."""

    def python(client: str, title: str, share: float) -> Row:
        script = str(HERE / "scan_clients.py")
        return Row(title, [sys.executable, script, client, str(port), "COUNT", str(folder)], share)

    found = [
        python("engine", "core and transport, batches", 1.0),
        python("engine_plain", "core and transport, plain sockets", 1.0),
        python("stage", "whole scan stage, batches", 1.0),
        python("stage_plain", "whole scan stage, plain sockets", 1.0),
    ]
    massdns = os.environ.get("MASSDNS") or shutil.which("massdns")
    if massdns:
        resolvers = folder / "resolvers"
        resolvers.write_text(f"127.0.0.1:{port}\n")
        command = [
            massdns, "--root", "-q", "-o", "B", "-t", "TXT", "-s", "1000",
            "-r", str(resolvers), "-w", str(folder / "massdns.out"), str(folder / "names-COUNT"),
        ]  # fmt: skip
        found.append(Row("massdns, binary output", command, 1.0))
    else:
        print("massdns: not on PATH and MASSDNS not set, left out")
    for library, share in (("aiodns", 0.2), ("dnspython", 0.04)):
        if importlib.util.find_spec("dns" if library == "dnspython" else library):
            found.append(python(library, f"{library}, asyncio", share))
        else:
            print(f"{library}: not installed, left out")
    return found


@contextmanager
def knot(folder: Path, count: int) -> Iterator[int]:
    """A name server with `count` names on a free port of loopback."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lines = [f'{name}. TXT "v=spf1 include:_spf.{name} -all"' for name in names(count)]
    head = f"{ZONE}. 300 SOA ns.{ZONE}. root.{ZONE}. 1 1 1 1 300\n{ZONE}. NS ns.{ZONE}.\n"
    (folder / "zone").write_text(f"$TTL 300\n{head}ns.{ZONE}. A 127.0.0.1\n" + "\n".join(lines))
    (folder / "knot.conf").write_text(
        f"server:\n  rundir: {folder}\n  listen: 127.0.0.1@{port}\n  udp-workers: 1\n"
        f"  socket-affinity: on\n"
        f"database:\n  storage: {folder}\n"
        f"zone:\n  - domain: {ZONE}\n    file: {folder}/zone\n    zonefile-sync: -1\n"
        f"    journal-content: none\n    semantic-checks: off\n"
    )
    server = subprocess.Popen(
        ["knotd", "-c", str(folder / "knot.conf")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        query = dns.message.make_query(next(names(1)), "TXT")
        for _ in range(300):
            try:
                if dns.query.udp(query, "127.0.0.1", 0.5, port=port).answer:
                    break
            except (OSError, dns.exception.DNSException):
                time.sleep(0.1)
        else:
            raise SystemExit("knotd does not answer: is it installed? (apt install knot)")
        yield port
    finally:
        server.terminate()
        server.wait(10)


def measure(row: Row, count: int, folder: Path) -> Run:
    """Run a client once."""
    listed = folder / f"names-{count}"
    if not listed.exists():
        listed.write_text("".join(f"{name}\n" for name in names(count)))
    command = [part.replace("COUNT", str(count)) for part in row.command]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    elapsed = time.monotonic() - start
    if process.returncode:
        raise SystemExit(f"{row.title} ended with {process.returncode}: {' '.join(command)}")
    answered = int(said) if said.strip().isdigit() else count
    cpu = usage.ru_utime + usage.ru_stime
    return Run(cpu / answered * 1e6, answered / elapsed, count - answered)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--names", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if shutil.which("knotd") is None:
        raise SystemExit("knotd is not installed: apt install knot")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with knot(folder, options.names) as port:
            clients = rows(port, folder)
            runs: dict[str, list[Run]] = {row.title: [] for row in clients}
            for _ in range(options.rounds):
                for row in clients:
                    count = max(1000, int(options.names * row.share))
                    runs[row.title].append(measure(row, count, folder))
    base = statistics.median(run.cpu_us for run in runs.get("massdns, binary output", [])) if (
        "massdns, binary output" in runs
    ) else 0.0  # fmt: skip
    print("| client | CPU s / 1M | look-ups/s | x massdns | lost |\n|---|---|---|---|---|")
    for title, measured in runs.items():
        cpu = statistics.median(run.cpu_us for run in measured)
        rate = statistics.median(run.rate for run in measured)
        ratio = f"{cpu / base:.2f}" if base else "-"
        print(f"| {title} | {cpu:.1f} | {rate:,.0f} | {ratio} | {sum(r.lost for r in measured)} |")


if __name__ == "__main__":
    main()
