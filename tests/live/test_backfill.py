"""A past day is read again from its archive, with the network off; a day without one is refused."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from dnstats.db.models import Run
from dnstats.stack import watching

from tests.live.conftest import SCAN, SITES, Stack, is_answered, plain, sites_that

pytestmark = pytest.mark.long


def test_a_backfill_reads_the_archive_and_asks_nobody(stack: Stack) -> None:
    original = stack.trigger(sites_that(is_answered, SITES))
    assert stack.follow(original) == "success"
    rows = stack.rows(original)
    today = dt.datetime.now(dt.UTC).date()
    day, empty_day = today - dt.timedelta(days=3), today - dt.timedelta(days=4)
    with stack.database.begin() as connection:  # it was three days ago
        connection.execute(sa.update(Run).where(Run.dag_run_id == original).values(day=day))

    with stack.silent_dns():
        body = {
            "dag_id": SCAN,
            "from_date": f"{empty_day}T00:00:00Z",
            "to_date": f"{day}T23:59:59Z",
            "reprocess_behavior": "none",
            "max_active_runs": 1,
            "run_backwards": False,
            "dag_run_conf": {},
        }
        stack.api.call("POST", "/backfills", body)
        stack.until(lambda: len(runs(stack, "backfill")) == 2)
        ends = {run_id: stack.follow(run_id) for run_id in runs(stack, "backfill")}

    # This stack never had a scheduled run, so Airflow now begins the last that it missed.
    for run_id in stack.until(lambda: runs(stack, "scheduled")):
        stack.api.fail_run(SCAN, run_id)
        stack.follow(run_id)

    days = {chunk.day for chunk in stack.chunks(sorted(ends)[1])}
    # Nobody else is to take these for old runs that may be dropped.
    with stack.database.begin() as connection:
        connection.execute(sa.update(Run).where(Run.day < today).values(day=today))

    refused, reread = sorted(ends)
    assert ends == {refused: "failed", reread: "success"}
    assert stack.rows(reread) == rows
    assert days == {day}
    sentence = f"There are no archived answers of {empty_day}: a past day cannot be asked again"
    create = stack.tasks(refused, "create_run")[-1]
    assert create["try_number"] == 1, "trying again would change nothing"
    assert sentence in str(stack.api.task_log(create))
    assert any(sentence in line for line in watching.failures(stack.api, SCAN, refused))
    stack.until(lambda: stack.mails(refused, "CRITICAL"))
    assert "create_run" in plain(stack.mails(refused, "CRITICAL")[0])


def runs(stack: Stack, run_type: str) -> list[str]:
    """The runs of a type, by Airflow's names."""
    found = stack.api.call("GET", f"/dags/{SCAN}/dagRuns?run_type={run_type}")["dag_runs"]
    return [run["dag_run_id"] for run in found]
