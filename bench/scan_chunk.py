"""A chunk as the daily run scans it: all families, follow-ups and direct questions, cold unbound.

    unshare -rn sh -c 'ip link set lo up; exec python bench/scan_chunk.py --sites 10000 --rounds 3'

In a network namespace of its own, since unbound asks name servers on port 53. Prints one JSON
object a round.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
from pathlib import Path

from scan_run import client, run
from scan_servers import hierarchy, unbound


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, required=True)
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--silent", type=int, default=0, help="percent of sites nobody serves")
    parser.add_argument("--slow", type=int, default=0, help="percent of sites with bad servers")
    parser.add_argument("--delay", type=float, default=4.0, help="seconds these take to answer")
    parser.add_argument("--loss", type=float, default=0.0, help="share of datagrams these lose")
    options = parser.parse_args()
    bad = (options.silent, options.slow, options.delay, options.loss)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))  # the silent addresses' sockets
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with hierarchy(folder, options.sites, *bad) as domains:
            listed = folder / "domains"
            listed.write_text("\n".join(domains))
            trust = [
                f'root-hints: "{folder}/root.hints"',
                f'trust-anchor-file: "{folder}/root.key"',
            ]
            for _ in range(options.rounds):
                with unbound(folder, trust) as resolver:
                    scanned = run(
                        client(
                            "chunk",
                            listed=str(listed),
                            folder=scratch,
                            resolvers=[f"127.0.0.1:{resolver.port}"],
                            server_rate=100_000.0,
                            timeout=2.5,
                            server_patience=20.0,
                            window=1000,
                        )
                    )
                found = {"cpu": scanned.cpu, "wall": scanned.wall, "unbound_cpu": resolver.cpu}
                print(json.dumps({**scanned.report, **found}), flush=True)


if __name__ == "__main__":
    main()
