"""Runs that begin by themselves: after the list, with the deadline of their day."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from dnstats.db.connect import open_database
from dnstats.stack import watching

from tests.lists.servers import list_server, many
from tests.live.conftest import SCAN, SITES, Stack

pytestmark = pytest.mark.long


@contextlib.contextmanager
def scheduled(stack: Stack, schedule: str) -> Iterator[None]:
    """DNSTATS_SCHEDULE is this meanwhile, for the process that reads the DAGs."""
    before = stack.owner.env["DNSTATS_SCHEDULE"]
    begin_reader(stack, schedule)
    try:
        yield
    finally:
        begin_reader(stack, before)


def begin_reader(stack: Stack, schedule: str) -> None:
    """Start the dag-processor anew, and wait until Airflow has the DAG from it."""
    stack.owner.env["DNSTATS_SCHEDULE"] = schedule
    os.kill(stack.owner.components["dag-processor"].pid, signal.SIGKILL)
    is_after = schedule == "after list"
    stack.until(lambda: (stack.api.dag(SCAN)["timetable_summary"] == "Asset") == is_after)


def deadline_of(stack: Stack, run_id: str) -> dt.datetime | None:
    """When Airflow will call the run late."""
    with open_database(stack.owner.cluster.url("airflow")).connect() as connection:
        return connection.scalar(
            sa.text(
                "SELECT deadline_time FROM deadline JOIN dag_run ON dag_run.id = dagrun_id "
                "WHERE run_id = :run AND dag_id = :dag"
            ),
            {"run": run_id, "dag": SCAN},
        )


def test_a_scan_follows_the_list_and_is_late_at_the_time_of_day(stack: Stack) -> None:
    with list_server() as site, scheduled(stack, "after list"), stack.let_run("update_sites"):
        conf = {"source": site.serve("/list.csv", many(30)), "at_least": 10}
        with stack.silent_dns():  # so that it is not over before it is looked at
            update = stack.api.trigger("update_sites", conf, "test")
            assert stack.follow(update, "update_sites") == "success"
            (caused,) = stack.until(lambda: stack.api.runs_caused_by("update_sites", update))
            dag_id, run_id = caused
            assert dag_id == SCAN
            run = stack.api.run(SCAN, run_id)
            assert run["run_type"] == "asset_triggered"
            begun = dt.datetime.fromisoformat(run["run_after"])
            late = stack.until(lambda: deadline_of(stack, run_id))
        assert (late.hour, late.minute) == (18, 0)
        assert dt.timedelta(0) < late - begun <= dt.timedelta(days=1)
        assert stack.follow(run_id) == "success", watching.failures(stack.api, SCAN, run_id)
    assert sum(chunk.sites for chunk in stack.chunks(run_id)) == SITES
    assert stack.mails(run_id, "is done")


def test_a_run_by_hand_has_hours(stack: Stack, first_run: str) -> None:
    with stack.silent_dns():
        run_id = stack.trigger(["site1.com"])
        late = stack.until(lambda: deadline_of(stack, run_id))
    queued = dt.datetime.fromisoformat(stack.api.run(SCAN, run_id)["queued_at"])
    assert late - queued == dt.timedelta(hours=0.001)
    stack.follow(run_id)
