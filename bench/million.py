"""A million sites for real: list, run, rows, gate, report, the next day, dropping, sizes.

    make bench-million         or: python bench/million.py [--chunks 100] [--read 10] [--keep]
    python bench/million.py --only publish_1     again on what an earlier --keep left

One chunk of 10,000 invented sites is scanned on the practice internet and kept. The list holds each
of these names a hundred times, told apart by a number in them; every tenth chunk is read and graded
by the tasks from an archive file of its own, with its own names, and the rows of the others are
copied from it by SQL. All else is the project's own code on the full million. Every step runs in
a process of its own. It takes about half an hour on two idle cores and 20 GB below
var/bench/million, removed at the end unless `--keep`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import million_names
from dnstats.db.migrate import migrate
from dnstats.stack.postgres import Cluster
from grade import backends_cpu, scan_lab
from million_steps import STEPS, Bench

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "var" / "bench" / "million"


def run_step(step: str, cluster: Cluster, bench: Bench) -> dict[str, float]:
    """One step in a process of its own; its figures, with CPU of PostgreSQL's backends."""
    postmaster = cluster.running_pid()
    before = backends_cpu(postmaster)
    environment = os.environ | {"PYTHONPATH": str(HERE.parent / "plugins")}
    done = subprocess.run(
        [sys.executable, str(HERE / "million_steps.py"), step, json.dumps(bench._asdict())],
        stdout=subprocess.PIPE, env=environment, check=False, text=True,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{step} failed")
    time.sleep(0.3)  # the backend ends after its client
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found | {"postgres": backends_cpu(postmaster) - before}


def show(step: str, title: str, figures: dict[str, float]) -> str:
    """A row of the table."""
    peak = f"{figures.get('peak_mb', 0):.0f}"
    did = ", ".join(
        f"{name.replace('_', ' ')} {value:,.1f}"
        if value % 1
        else f"{name.replace('_', ' ')} {value:,.0f}"
        for name, value in figures.items()
        if name not in ("cpu", "wall", "peak_mb", "postgres")
    )
    return (
        f"| {title} (`{step}`) | {figures['wall']:.1f} | {figures['cpu']:.1f} | "
        f"{figures['postgres']:.1f} | {peak} | {did} |"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--chunks", type=int, default=100)
    parser.add_argument("--sites", type=int, default=10_000, help="of a chunk")
    parser.add_argument("--read", type=int, default=10, help="every so-many-eth chunk is read")
    parser.add_argument("--only", nargs="*", default=[], choices=[*STEPS], metavar="STEP")
    parser.add_argument("--keep", action="store_true", help="leave database, archive and report")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    base = FOLDER.parent / f"million-base-{options.sites}.parquet"
    if not base.exists():
        scan_lab(million_names.base_names(options.sites), base)
    if not options.only:
        Cluster(FOLDER / "postgres").destroy()
        for name in ("archive", "report", "mail"):
            shutil.rmtree(FOLDER / name, ignore_errors=True)
    rows = []
    with Cluster(FOLDER / "postgres") as cluster:
        cluster.create_database("bench")
        migrate(cluster.url("bench"))
        bench = Bench(cluster.url("bench"), str(FOLDER), str(base), options.chunks, options.sites,
                      options.read)  # fmt: skip
        print("| step | wall s | CPU s | PostgreSQL CPU s | peak MB | |\n|---|---|---|---|---|---|")
        for step in options.only or STEPS:
            rows.append(
                show(step, STEPS[step].__doc__.split(".")[0], run_step(step, cluster, bench))
            )
            print(rows[-1], flush=True)
        if not options.keep:
            cluster.destroy()
            shutil.rmtree(FOLDER, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
