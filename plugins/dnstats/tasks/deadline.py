"""When a run must be finished: by a time of day when a clock began it, else so many hours on."""

from __future__ import annotations

import datetime as dt

CLOCKED = ("scheduled", "asset_triggered")
"""Airflow's types of runs that begin by themselves, each day."""


def due(
    run_type: str,
    run_after: dt.datetime,
    queued_at: dt.datetime | None,
    *,
    by: dt.time,
    hours: float,
) -> dt.datetime:
    """The instant at which the run is late.

    run_after: when it was to begin; queued_at: when it was put into the queue. A scheduled run
    that begins late because Airflow was down keeps the deadline of its day.
    """
    if run_type not in CLOCKED:
        return (queued_at or run_after) + dt.timedelta(hours=hours)
    begin = run_after.astimezone(dt.UTC)
    late = dt.datetime.combine(begin.date(), by, dt.UTC)
    return late if late > begin else late + dt.timedelta(days=1)
