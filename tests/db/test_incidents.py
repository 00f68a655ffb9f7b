"""Of any number who tell one incident, one is the first; a run's end forgets it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from dnstats.db.incidents import begin_incident, end_incidents

RUN = ("daily_scan", "scheduled__2026-11-25")


def test_of_many_at_once_one_is_the_first(engine: sa.Engine) -> None:
    with ThreadPoolExecutor(8) as threads:
        firsts = list(
            threads.map(lambda _: begin_incident(engine, "chunk_failed", *RUN), range(40))
        )
    assert firsts.count(True) == 1


def test_another_run_or_kind_is_another_incident(engine: sa.Engine) -> None:
    assert begin_incident(engine, "chunk_failed", *RUN)
    assert begin_incident(engine, "told", *RUN)
    assert begin_incident(engine, "chunk_failed", "daily_scan", "manual__1")
    assert begin_incident(engine, "chunk_failed", "update_sites", RUN[1])


def test_the_end_of_a_run_says_what_was_told_and_forgets_it(engine: sa.Engine) -> None:
    begin_incident(engine, "chunk_failed", *RUN)
    begin_incident(engine, "chunk_failed", "daily_scan", "manual__1")
    assert end_incidents(engine, *RUN) == {"chunk_failed"}
    assert end_incidents(engine, *RUN) == set()
    assert begin_incident(engine, "chunk_failed", *RUN), "a failure after it is a new incident"
    assert not begin_incident(engine, "chunk_failed", "daily_scan", "manual__1")
