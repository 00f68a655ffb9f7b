"""Of any number who tell one incident, one is the first; a run's end forgets it."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from dnstats.db.incidents import begin_incident, end_incidents, faults, note_fault

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
    assert end_incidents(engine, *RUN) == {"chunk_failed": ""}
    assert end_incidents(engine, *RUN) == {}
    assert begin_incident(engine, "chunk_failed", *RUN), "a failure after it is a new incident"
    assert not begin_incident(engine, "chunk_failed", "daily_scan", "manual__1")


def test_what_tasks_said_is_kept_by_task_and_chunk_until_their_run_ends(engine: sa.Engine) -> None:
    note_fault(engine, *RUN, "process_chunk", 3, "OSError: first try")
    note_fault(engine, *RUN, "process_chunk", 3, "OSError: disk full")
    note_fault(engine, *RUN, "create_run", -1, "the list cannot be used")
    note_fault(engine, *RUN, "scan_chunk", 1, "TimeoutError")
    note_fault(engine, *RUN, "scan_chunk", 1, None)  # and then went well
    note_fault(engine, "daily_scan", "manual__1", "scan_chunk", 0, "another run's")
    with engine.connect() as connection:
        assert faults(connection, RUN[1]) == {
            ("process_chunk", 3): "OSError: disk full",
            ("create_run", -1): "the list cannot be used",
        }
    assert end_incidents(engine, *RUN) == {
        "fault of process_chunk 3": "OSError: disk full",
        "fault of create_run -1": "the list cannot be used",
    }
    with engine.connect() as connection:
        assert faults(connection, RUN[1]) == {}


def test_what_was_told_after_the_end_belongs_to_the_next_one(engine: sa.Engine) -> None:
    """The end is told late; by then a task that was cleared may have failed again."""
    note_fault(engine, *RUN, "process_chunk", 3, "OSError: disk full")
    note_fault(engine, *RUN, "process_chunk", 4, "OSError: disk full")
    with engine.connect() as connection:
        ended_at: dt.datetime = connection.scalar(sa.select(sa.func.clock_timestamp()))
    note_fault(engine, *RUN, "process_chunk", 4, "TimeoutError")
    assert begin_incident(engine, "chunk_failed", *RUN)
    assert end_incidents(engine, *RUN, until=ended_at) == {
        "fault of process_chunk 3": "OSError: disk full"
    }
    assert end_incidents(engine, *RUN) == {
        "chunk_failed": "",
        "fault of process_chunk 4": "TimeoutError",
    }
