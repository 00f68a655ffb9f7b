"""What a scan costs and what it loses: this engine beside others, same servers, same questions.

    make bench-scan    or: python bench/scan.py [--quick] [--parts clients window loss chunk]

Needs `knotd` and `unbound` (Debian packages knot and unbound). Others are measured when they are
there and named when they are not: massdns, zdns and dnsperf on PATH (or at $MASSDNS, $ZDNS,
$DNSPERF); aiodns, blastdns and dnspython in this Python, or in the one at $PEERS_PYTHON.

Clients run one after another, in rounds, each in a process whose CPU time (user and system) the
kernel counts. Ratios are taken within a round and stand as median (lowest-highest).
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from scan_clients import PREFIXES, ZONE, names
from scan_run import Failed, Run, client, run
from scan_servers import forwarding_to, knot, lossy, unbound

HERE = Path(__file__).resolve().parent
PARTS = ("clients", "window", "loss", "chunk")
PEERS_PYTHON = os.environ.get("PEERS_PYTHON", sys.executable)
LIBRARIES = {"blastdns": 0.1, "aiodns": 0.1, "dnspython": 0.04}
"""Which share of the names the slow ones are asked."""
TRANSPORT, STAGE = "core and transport", "whole scan stage"
GOALS = {  # of the client, at most so many times as much as massdns
    TRANSPORT: 0.8,
    STAGE: 1.3,
    f"{TRANSPORT}, plain sockets": 1.5,
    f"{STAGE}, plain sockets": 1.5,
}
SHARES = {"zdns": 1 / 10, "blastdns": 1 / 7, "aiodns": 1 / 8, "dnspython": 1 / 35}
"""What the engine shall cost of each of the others."""


class Client(NamedTuple):
    """How it is started for so many names, and how many answers it says it had."""

    title: str
    command: Callable[[int], list[str]]
    answered: Callable[[Run, int], int]
    share: float = 1.0


def _program(name: str) -> str | None:
    found = os.environ.get(name.upper()) or shutil.which(name)
    if found is None:
        print(f"{name}: not on PATH and {name.upper()} not set, left out")
    return found


def _has(library: str) -> bool:
    code = [PEERS_PYTHON, "-c", f"import {'dns' if library == 'dnspython' else library}"]
    if subprocess.run(code, capture_output=True).returncode == 0:
        return True
    print(f"{library}: not installed (PEERS_PYTHON can name a Python that has it), left out")
    return False


def _count(pattern: str) -> Callable[[Run, int], int]:
    """Reads the last number behind a word that the client prints."""

    def last(done: Run, asked: int) -> int:
        found = re.findall(pattern, done.said)
        return int(found[-1]) if found else asked

    return last


def clients(port: int, folder: Path, *, peers: bool) -> list[Client]:
    """Ours, and of the others those that are there; the rest is named."""

    def ours(name: str, title: str, python: str = sys.executable, share: float = 1.0, **more: Any):
        def command(count: int) -> list[str]:
            return client(name, python, port=port, count=count, folder=str(folder), **more)

        return Client(title, command, lambda done, _: int(done.report["answered"]), share)

    def listed(count: int, suffix: str = "") -> str:
        path = folder / f"names-{count}{suffix.strip()}"
        if not path.exists():
            path.write_text("".join(f"{name}{suffix}\n" for name in names(count)))
        return str(path)

    found = [
        ours("transport", TRANSPORT),
        ours("stage", STAGE),
        ours("transport", f"{TRANSPORT}, plain sockets", batches=False),
        ours("stage", f"{STAGE}, plain sockets", batches=False),
        ours("bare", "floor: bare loop"),
        ours("bare_stage", "floor: bare loop and archive"),
    ]
    if not peers:
        return found
    resolvers = folder / "resolvers"
    resolvers.write_text(f"127.0.0.1:{port}\n")
    if massdns := _program("massdns"):
        found.append(
            Client(
                "massdns",
                lambda count: [
                    massdns, "--root", "-o", "B", "-t", "TXT", "-s", "1000", "-r", str(resolvers),
                    "-w", str(folder / "massdns.out"), listed(count),
                ],
                _count(r"Finished total: (\d+)"),
            )
        )  # fmt: skip
    if dnsperf := _program("dnsperf"):
        found.append(
            Client(
                "dnsperf",
                lambda count: [
                    dnsperf, "-s", "127.0.0.1", "-p", str(port), "-d", listed(count, " TXT"),
                    "-n", "1", "-q", "1000", "-D",
                ],
                _count(r"Queries completed:\s+(\d+)"),
            )
        )  # fmt: skip
    if zdns := _program("zdns"):
        found.append(
            Client(
                "zdns",
                lambda count: [
                    zdns, "TXT", f"--name-servers=127.0.0.1:{port}",
                    f"--input-file={listed(count)}", f"--output-file={folder}/zdns.out",
                ],
                lambda _, asked: asked,
                0.1,
            )
        )  # fmt: skip
    for library, share in LIBRARIES.items():
        if _has(library):
            found.append(ours(library, library, PEERS_PYTHON, share))
    return found


def compare_clients(
    folder: Path, count: int, rounds: int, only: Sequence[str], *, peers: bool
) -> None:
    """CPU seconds for a million answers, and ratios against each of the others."""
    cost: dict[str, list[float]] = {}
    lost: dict[str, int] = {}
    with knot(folder, count) as server:
        present = [
            each
            for each in clients(server.port, folder, peers=peers)
            if not only or any(each.title.startswith(word) for word in only)
        ]
        for _ in range(rounds):
            for each in present:
                asked = max(len(PREFIXES) * 100, int(count * each.share))
                try:
                    done = run(each.command(asked))
                except Failed as fault:
                    print(f"{each.title}: {fault}")
                    cost.setdefault(each.title, []).append(float("nan"))
                    continue
                answered = each.answered(done, asked)
                cost.setdefault(each.title, []).append(done.cpu / max(1, answered) * 1e6)
                lost[each.title] = lost.get(each.title, 0) + max(0, asked - answered)
    print("\n| client | CPU s / 1M answers | x massdns | goal | unanswered |")
    print("|---|---|---|---|---|")
    for title, costs in cost.items():
        goal = f"<= {GOALS[title]}" if title in GOALS else ""
        ratio = _ratio(costs, cost.get("massdns"))
        print(f"| {title} | {_spread(costs)} | {ratio} | {goal} | {lost.get(title, '-')} |")
    print("\n| against | core and transport | whole scan stage | goal |\n|---|---|---|---|")
    for title, costs in cost.items():
        if title in SHARES:
            ratios = [
                _ratio(cost[ours], costs, 3) if ours in cost else "-" for ours in (TRANSPORT, STAGE)
            ]
            print(f"| {title} | {ratios[0]} | {ratios[1]} | <= {SHARES[title]:.3f} |")


def _spread(values: Sequence[float], digits: int = 1) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f}-{high:.{digits}f})"


def _ratio(ours: Sequence[float], theirs: Sequence[float] | None, digits: int = 2) -> str:
    if theirs is None:
        return "-"
    return _spread([one / other for one, other in zip(ours, theirs, strict=True)], digits)


def lose_at_window(folder: Path, count: int, rounds: int) -> None:
    """Answers lost at the window that adapts: one try a question, a cold unbound on these cores."""
    print("\n| cold unbound, one try each | look-ups | answers lost | goal |\n|---|---|---|---|")
    with knot(folder, count) as server:
        for number in range(rounds):
            with unbound(folder, forwarding_to(server.port), ZONE) as resolver:
                done = run(
                    client(
                        "plain", port=resolver.port, count=count, folder=str(folder), tries=1,
                        second_pass=False,
                    )
                ).report  # fmt: skip
            print(f"| round {number + 1} | {done['questions']:,} | {_unmeasured(done)} | 0 |")


def lose_on_the_way(folder: Path, count: int, rounds: int) -> None:
    """Look-ups that end "not measured" when datagrams get lost, in both directions."""
    print("\n| datagrams lost, either way | look-ups | not measured | share | goal |")
    print("|---|---|---|---|---|")
    with knot(folder, count) as server:
        for share, goal in ((0.02, 0.0001), (0.05, 0.001)):
            asked = unmeasured = 0
            with lossy(server.port, share) as path:
                for _ in range(rounds):
                    done = run(client("plain", port=path.port, count=count, folder=str(folder)))
                    asked += done.report["questions"]
                    unmeasured += _unmeasured(done.report)
            print(
                f"| {share:.0%} | {asked:,} | {unmeasured} | {unmeasured / asked:.4%} "
                f"| < {goal:.2%} |"
            )


def _unmeasured(report: dict[str, Any]) -> int:
    return int(report["outcomes"]["not_measured"])


def scan_a_chunk(sites: int, rounds: int) -> None:
    """The daily run's chunk in a network of its own (see scan_chunk)."""
    script = HERE / "scan_chunk.py"
    inside = (
        f"ip link set lo up && exec {sys.executable} {script} --sites {sites} --rounds {rounds}"
    )
    done = subprocess.run(["unshare", "-rn", "sh", "-c", inside], capture_output=True, text=True)
    if done.returncode:
        print(f"\nchunk: left out, no network namespace of its own: {done.stderr[-300:]}")
        return
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    print(f"\n| {sites:,} sites, validating unbound, cold | measured | goal |\n|---|---|---|")
    last = rows[-1]
    client_cpu, resolver_cpu = ([row[key] for row in rows] for key in ("cpu", "unbound_cpu"))
    print(f"| questions, messages sent | {last['questions']:,}, {last['datagrams']:,} | |")
    print(f"| not measured | {max(_unmeasured(row) for row in rows)} | |")
    print(f"| CPU s of the scan, start and archive included | {_spread(client_cpu)} | |")
    print(f"| CPU s of unbound | {_spread(resolver_cpu)} | |")
    print(f"| scan / unbound | {_ratio(client_cpu, resolver_cpu)} | |")
    walls = [row["wall"] for row in rows]
    print(f"| time taken / CPU s of unbound | {_ratio(walls, resolver_cpu)} | <= 1.2 |")
    print(f"| peak memory, MB | {max(row['peak_mb'] for row in rows)} | < 500 |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of everything, one minute")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--names", type=int, help="look-ups of the fast clients")
    parser.add_argument("--sites", type=int, help="sites of the chunk")
    parser.add_argument("--rounds", type=int, help="rounds of everything")
    parser.add_argument("--only", nargs="+", default=(), help="clients whose name begins so")
    parser.add_argument("--peers", choices=("all", "none"), default="all")
    options = parser.parse_args()
    count = options.names or (50_000 if options.quick else 500_000)
    sites = options.sites or (500 if options.quick else 10_000)
    rounds = options.rounds or (1 if options.quick else 3)
    for program in ("knotd", "unbound"):
        if shutil.which(program) is None:
            raise SystemExit(
                f"{program} is not installed: apt install {program.removesuffix('d')}."
            )
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for part in options.parts:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            if part == "clients":
                compare_clients(folder, count, rounds, options.only, peers=options.peers == "all")
            elif part == "window":
                lose_at_window(folder, min(count, 33_000), rounds)
            elif part == "loss":
                lose_on_the_way(folder, min(count, 100_000), rounds)
            else:
                scan_a_chunk(sites, rounds)


if __name__ == "__main__":
    main()
