"""Hours of fuzzing by hand; `make test` and `make test-long` run minutes of the same.

    PYTHONPATH=plugins:. python -m tests.fuzzing simulation|sockets|sites FIRST [SECONDS]

runs one case a seed from FIRST on, for so long, and says which seeds broke what.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable


def simulation(seed: int) -> dict[str, float]:
    """A scan without sockets."""
    from tests.scan.simulation import START, Simulation

    one = Simulation(seed)
    report = one.run()
    sent = report.datagrams + report.stream_queries
    return {"questions": report.questions, "sent": sent, "virtual s": one.transport.now - START}


def sockets(seed: int) -> dict[str, float]:
    """A scan over real sockets."""
    from tests.scan.hostile_rounds import hostile_round

    report = hostile_round(seed)
    return {
        "questions": report.questions, "datagrams": report.datagrams,
        "over TCP": report.stream_queries, "not measured": report.outcomes["not_measured"],
    }  # fmt: skip


def sites(seed: int) -> dict[str, float]:
    """A site read and graded."""
    from tests.fuzzed_sites import goes_through

    return {"answers": goes_through(seed)}


KINDS: dict[str, Callable[[int], dict[str, float]]] = {
    "simulation": simulation, "sockets": sockets, "sites": sites,
}  # fmt: skip


def run(kind: str, first: int, seconds: float) -> Counter[str]:
    """Seeds from the first on; what broke, by where, is printed and comes back."""
    until = time.monotonic() + seconds
    broken: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    seed = first
    while time.monotonic() < until:
        try:
            totals.update(KINDS[kind](seed))
        except Exception as fault:
            at = traceback.extract_tb(fault.__traceback__)[-1]
            where = f"{type(fault).__name__} in {at.name}, line {at.lineno}"
            broken[where] += 1
            if broken[where] <= 3:
                print(f"seed {seed}: {where}: {str(fault)[:300]}", flush=True)
        seed += 1
    told = ", ".join(f"{round(count):,} {what}" for what, count in totals.items())
    print(f"{kind}: seeds {first} to {seed - 1}, {told}; broken: {dict(broken)}", flush=True)
    return broken


if __name__ == "__main__":
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 3600.0
    sys.exit(bool(run(sys.argv[1], int(sys.argv[2]), seconds)))
