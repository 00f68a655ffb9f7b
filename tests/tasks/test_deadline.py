"""When a run is late: the time of day for those that a clock begins, hours for the others."""

from __future__ import annotations

import datetime as dt

import pytest
from dnstats.tasks.deadline import due
from hypothesis import given
from hypothesis import strategies as st

BY = dt.time(18)
INDIA = dt.timezone(dt.timedelta(hours=5.5))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(f"2026-11-{text}:00+00:00")


@pytest.mark.parametrize(
    ("run_type", "run_after", "queued_at", "late"),
    [
        ("scheduled", "25T08:00", "25T08:00", "25T18:00"),
        ("scheduled", "25T01:30", "25T01:30", "25T18:00"),
        ("scheduled", "25T18:00", "25T18:00", "26T18:00"),  # due at that time: the next day's
        ("scheduled", "25T22:00", "25T22:01", "26T18:00"),
        ("scheduled", "25T08:00", "25T21:00", "25T18:00"),  # Airflow was down in between
        ("asset_triggered", "25T01:09", "25T01:09", "25T18:00"),
        ("manual", "25T17:00", "25T17:00", "26T03:00"),
        ("backfill", "20T08:00", "25T17:00", "26T03:00"),
    ],
)
def test_the_deadline_of_a_run(run_type: str, run_after: str, queued_at: str, late: str) -> None:
    assert due(run_type, at(run_after), at(queued_at), by=BY, hours=10) == at(late)


def test_a_run_that_is_not_queued_yet_counts_from_when_it_is_to_begin() -> None:
    assert due("manual", at("25T17:00"), None, by=BY, hours=1) == at("25T18:00")


@given(
    st.integers(0, 4_000_000_000).map(lambda seconds: dt.datetime.fromtimestamp(seconds, INDIA)),
    st.times(),
)
def test_it_is_the_first_such_time_of_day_in_utc_after_the_run_was_due(
    run_after: dt.datetime, by: dt.time
) -> None:
    late = due("scheduled", run_after, None, by=by, hours=10)
    assert late.astimezone(dt.UTC).time() == by
    assert dt.timedelta(0) < late - run_after <= dt.timedelta(days=1)
