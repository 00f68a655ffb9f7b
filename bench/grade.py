"""What reading and grading a chunk costs: 10,000 sites into PostgreSQL, beside the floors.

    make bench-grade           or: python bench/grade.py [--sites 10000] [--rounds 3] [--keep-rows]

The answers are made once, by scanning the practice internet, and kept in var/bench/. Then every
step runs in a process of its own on one core: process_chunk and grade_chunk as Airflow runs them,
and as floors what nobody can do without: dnspython decoding every message, and a bare COPY of the
same rows. CPU time is the process's own (user and system, imports left out); PostgreSQL's is named
beside it.

Every row written is compared with those of an earlier run (`--keep-rows` makes them the ones to
compare with): an optimisation must not change one byte. Exit status 1 when one differs.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grade_steps
from dnstats.archive import ChunkArchive
from dnstats.records.record import Site
from dnstats.scan.scanner import scan
from dnstats.scan.settings import ScanSettings
from dnstats.stack.postgres import Cluster, temporary
from dnstats.tasks.scan_chunk import plan_sites

HERE = Path(__file__).resolve().parent
VAR = HERE.parent / "var" / "bench"
BUNDLED = HERE.parent / "include" / "sites.csv.gz"
TLDS = ("com", "net", "de", "co.uk", "org")

STEPS = (
    ("decode", "floor: dnspython decodes every message"),
    ("copy_site_runs", "floor: bare COPY of the site_runs"),
    ("process", "process_chunk"),
    ("copy_grades", "floor: bare COPY of the grades and remarks"),
    ("grade", "grade_chunk"),
)
RATIOS = (  # step, floor, whether PostgreSQL's time counts too
    ("process", "decode", False),
    ("process", "copy_site_runs", True),
    ("grade", "copy_grades", True),
)


def domains(count: int) -> list[str]:
    """The bundled list, then invented names; the lab gives both records by the same shares."""
    with gzip.open(BUNDLED, "rt") as lines:
        found = [line.rstrip("\n").rpartition(",")[2] for line in lines]
    found += (f"site{n}.{TLDS[n % len(TLDS)]}" for n in range(count))
    return found[:count]


@contextmanager
def lab(sites: Path) -> Iterator[dict[str, Any]]:
    """A practice internet that serves these sites; gives where."""
    ready = sites.with_suffix(".json")
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "dnstats.lab", "--sites", str(sites), "--ready-file", str(ready),
         "--with-parent"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        while not ready.exists():
            if process.poll() is not None:
                raise SystemExit("the practice internet did not start")
            time.sleep(0.05)
        yield json.loads(ready.read_text())
    finally:
        process.terminate()
        process.wait(10)


def scan_lab(names: list[str], path: Path) -> None:
    """Scan sites of the practice internet into one archive file."""
    sites = path.with_suffix(".csv")
    sites.write_text("".join(f"{rank},{name}\n" for rank, name in enumerate(names, 1)))
    print(f"scanning {len(names):,} sites of the practice internet, once", flush=True)
    answers = ChunkArchive()
    with lab(sites) as where:
        settings = ScanSettings(
            resolvers=tuple(where["resolvers"][:1]),
            direct_port=where["direct_port"],
            allow_special=True,
            timeout=0.3,  # on loopback; what the lab never answers holds up the whole scan
            server_rate=4000,
        )
        plans = plan_sites([Site(rank, name) for rank, name in enumerate(names, 1)])
        report = scan(plans, settings, answers.add, lambda at: print("  " + at.line(), flush=True))
    answers.write(str(path.parent), path.name)
    print(f"  {len(answers):,} answers: {report.outcomes}")


def run_step(step: str, cluster: Cluster, count: int) -> dict[str, float]:
    """One step in a process of its own; its figures, with those of PostgreSQL's backends."""
    postmaster = cluster.running_pid()
    before = backends_cpu(postmaster)
    environment = os.environ | {"PYTHONPATH": str(HERE.parent / "plugins")}
    said = subprocess.run(
        [sys.executable, str(HERE / "grade_steps.py"), step, cluster.url("bench"), str(VAR),
         str(count)],
        stdout=subprocess.PIPE, env=environment, check=True,
    ).stdout  # fmt: skip
    time.sleep(0.2)  # the backend ends after its client
    found: dict[str, float] = json.loads(said)
    return found | {"postgres": backends_cpu(postmaster) - before}


def backends_cpu(postmaster: int | None) -> float:
    """CPU seconds of all backends that have ended."""
    fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def compare(fresh: Path, kept: Path) -> int:
    """How many rows differ from those kept; the first few are printed."""
    differ = 0
    for table in grade_steps.TABLES:
        with gzip.open(fresh / f"{table}.gz") as new, gzip.open(kept / f"{table}.gz") as old:
            after, before = new.read().splitlines(), old.read().splitlines()
        gone, come = set(before) - set(after), set(after) - set(before)
        differ += len(gone) + len(come)
        print(f"  {table}: {len(after):,} rows, {len(gone):,} are gone, {len(come):,} are new")
        for sign, rows in (("-", gone), ("+", come)):
            for row in sorted(rows)[:3]:
                print(f"    {sign} {row[:2000].decode(errors='replace')}")
    return differ


def print_table(figures: dict[str, list[dict[str, float]]], count: int) -> None:
    """Medians of all rounds, and the ratios to the floors."""
    middle = {
        step: {key: statistics.median(one[key] for one in runs) for key in runs[0]}
        for step, runs in figures.items()
    }
    print(f"\n| {count:,} sites | CPU s | ms a site | PostgreSQL CPU s | peak MB | did |")
    print("|---|---|---|---|---|---|")
    for step, title in STEPS:
        at = middle[step]
        did = f"{at['count']:,.0f} {'messages' if step == 'decode' else 'rows'}"
        print(
            f"| {title} | {at['cpu']:.2f} | {at['cpu'] / count * 1000:.2f} | "
            f"{at['postgres']:.2f} | {at['peak_mb']:.0f} | {did} |"
        )
    print()
    for step, floor, with_postgres in RATIOS:
        costs = [
            middle[one]["cpu"] + (middle[one]["postgres"] if with_postgres else 0)
            for one in (step, floor)
        ]
        name = dict(STEPS)[floor].removeprefix("floor: ")
        also = ", PostgreSQL's time counted in" if with_postgres else ""
        print(f"{step} costs {costs[0] / costs[1]:.2f} times: {name}{also}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sites", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--keep-rows", action="store_true", help="compare with these from now on")
    options = parser.parse_args()
    count = options.sites
    VAR.mkdir(parents=True, exist_ok=True)
    answers = VAR / f"chunk-{count}.parquet"
    if not answers.exists():
        scan_lab(domains(count), answers)
    figures: dict[str, list[dict[str, float]]] = {step: [] for step, _ in STEPS}
    fresh, kept = VAR / f"fresh-{count}", VAR / f"kept-{count}"
    with temporary(fsync=False) as cluster:
        cluster.create_database("bench")
        grade_steps.prepare(cluster.url("bench"), VAR, domains(count))
        for _ in range(options.rounds):
            # The floors copy the rows that the steps made, so those go first.
            for step in ("process", "grade", "decode", "copy_site_runs", "copy_grades"):
                figures[step].append(run_step(step, cluster, count))
                print(f"  {step}: {figures[step][-1]}", flush=True)
        grade_steps.dump(cluster.url("bench"), fresh)
    print_table(figures, count)
    if options.keep_rows or not kept.exists():
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(fresh, kept)
        print(f"\nrows kept in {kept}, to be compared with from now on")
        return 0
    print(f"\nrows compared with {kept}:")
    return 1 if compare(fresh, kept) else 0


if __name__ == "__main__":
    sys.exit(main())
