"""How a run asked, all its scans added up: the highest rate at one address, the control sample."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import sqlalchemy as sa

from dnstats.db.models import Chunk

_SERVERS = "highest_rate", "highest_rate_server", "busiest"
_NETWORKS = "highest_network_rate", "highest_rate_network", "busiest_networks"
"""Where a scan's report has them."""


class Pace(NamedTuple):
    """The most queries within one clock second at one address, or network; 0 for none."""

    queries: int
    server: str


def highest_pace(connection: sa.Connection, run_id: int, *, of_networks: bool = False) -> Pace:
    """Second by second over the addresses that each scan asked most; no less than any one scan's.

    Or the same `of_networks`. A chunk that was scanned again counts with its last scan.
    """
    rate, where, busiest = _NETWORKS if of_networks else _SERVERS
    reports = connection.scalars(sa.select(Chunk.scan_report).where(Chunk.run_id == run_id))
    highest = Pace(0, "")
    seconds: dict[str, Counter[int]] = {}
    for report in reports:
        if not report:
            continue
        alone = Pace(report.get(rate, 0), report.get(where, ""))
        highest = max(highest, alone)
        for server, (first, counts) in report.get(busiest, {}).items():
            of_server = seconds.setdefault(server, Counter())
            for second, count in enumerate(counts, start=first):
                of_server[second] += count
    together = (Pace(max(counts.values()), server) for server, counts in seconds.items() if counts)
    return max((highest, *together))


def forget_seconds(connection: sa.Connection, run_id: int) -> None:
    """Take the seconds out of a run's reports, when its summary is all that is wanted of it."""
    without = Chunk.scan_report.op("-")("busiest").op("-")("busiest_networks")
    connection.execute(
        sa.update(Chunk)
        .where(Chunk.run_id == run_id, sa.func.jsonb_typeof(Chunk.scan_report) == "object")
        .values(scan_report=without)
    )


class Control(NamedTuple):
    """Answers that were asked once more, and how many then said the opposite."""

    asked: int
    differing: int


def control_sample(connection: sa.Connection, run_id: int) -> Control:
    """Of every chunk's last scan; what nobody could tell the second time is not counted."""
    reports = connection.scalars(sa.select(Chunk.scan_report).where(Chunk.run_id == run_id))
    found = [report["control"] for report in reports if report and "control" in report]
    return Control(
        sum(asked - unknown for asked, _, unknown in found),
        sum(differing for _, differing, _ in found),
    )
