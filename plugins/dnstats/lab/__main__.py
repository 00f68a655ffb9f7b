"""`python -m dnstats.lab`: serve a practice internet on loopback until SIGTERM or SIGINT.

Prints one line, writes one JSON file when asked (`--ready-file`), and ends with 2 and one sentence
when it cannot start.
"""

from __future__ import annotations

import argparse
import ctypes
import gzip
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from dnstats.lab.answering import Answerer
from dnstats.lab.labels import fits
from dnstats.lab.lookup import World
from dnstats.lab.loss import Loss
from dnstats.lab.providers import RESOLVERS, addresses
from dnstats.lab.serve import PortTaken, Server, bind, bind_anywhere

BUNDLED = Path(__file__).parents[3] / "include" / "sites.csv.gz"
PR_SET_PDEATHSIG = 1
PORTS = range(
    20000, 32000
)  # below Linux's ephemeral range, so that no client's socket is in the way


class CannotStart(Exception):
    """One sentence for the person who typed the command."""


def read_sites(path: Path) -> list[str]:
    """Read the domains of a `rank,domain` file, plain or gz; lines that are none are left out."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8", "replace")
    except (OSError, EOFError) as error:
        raise CannotStart(
            f"Cannot read the site list {path}: {error}. Give --sites a file."
        ) from error
    names = (line.rpartition(",")[2].strip().rstrip(".").lower() for line in text.splitlines())
    found = [name for name in names if "." in name and name.isascii() and fits(name)]
    if not found:
        raise CannotStart(f"The site list {path} has no line of the form rank,domain.")
    return found


def arguments(argv: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("python -m dnstats.lab", description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sites", type=Path, help="CSV of rank,domain (default: the bundled list)")
    parser.add_argument("--loss", type=float, default=0.0, help="share of resolver queries to drop")
    parser.add_argument("--ready-file", type=Path, help="write where it serves, as JSON")
    parser.add_argument(
        "--with-parent", action="store_true", help="end when the parent process ends"
    )
    found = parser.parse_args(argv)
    if not 0 <= found.loss < 1:
        parser.error(f"--loss is a share from 0 to below 1, not {found.loss}")
    if not 0 <= found.port <= 65535:
        parser.error(f"--port is 0 or from 1 to 65535, not {found.port}")
    return found


def end_with_parent(parent: int) -> None:
    """Have the kernel end this process when its parent ends, also when that already happened."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise CannotStart("The process that started the lab has ended.")


def write_ready(path: Path, port: int) -> dict[str, object]:
    """Write where the lab serves to `path`, whole or not at all."""
    ready: dict[str, object] = {
        "pid": os.getpid(), "port": port, "direct_port": port,
        "resolvers": [f"{address}:{port}" for address in RESOLVERS],
    }  # fmt: skip
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(ready))
    temporary.replace(path)
    return ready


def serve(options: argparse.Namespace) -> None:
    """Build the world, bind, say so, serve."""
    path = options.sites or (BUNDLED if BUNDLED.exists() else None)
    sites = read_sites(path) if path else []
    try:
        if options.port:
            port, sockets = options.port, bind(addresses(), options.port)
        else:
            ports = random.SystemRandom().sample(PORTS, 50)
            port, sockets = bind_anywhere(addresses(), ports)
    except PortTaken as taken:
        raise CannotStart(f"The lab cannot start: {taken}. Choose another --port, or 0.") from taken
    except OSError as error:
        raise CannotStart(f"The lab cannot bind its loopback addresses: {error}.") from error
    world = World(options.seed, sites, int(time.time()))
    server = Server(Answerer(world), sockets, Loss(options.seed, options.loss))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stop())
    if options.ready_file:
        write_ready(options.ready_file, port)
    print(f"The lab serves {len(sites)} sites on {' and '.join(RESOLVERS)} port {port}", flush=True)
    server.run()


def main(argv: list[str]) -> int:
    """Run the command; returns its exit status."""
    options, parent = arguments(argv), os.getppid()
    try:
        if options.with_parent:
            end_with_parent(parent)
        serve(options)
    except CannotStart as problem:
        print(problem, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
