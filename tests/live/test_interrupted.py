"""Runs that are ended by hand in the real Airflow: what their rows and pages say, and going on."""

from __future__ import annotations

from urllib.parse import quote

import sqlalchemy as sa
from dnstats.db.models import Run
from dnstats.stack import rerun, watching

from tests.live.conftest import SCAN, Stack, is_answered, plain, sites_that
from tests.live.test_pages import browser  # noqa: F401


def _states(stack: Stack, *run_ids: str) -> list[str]:
    with stack.database.connect() as connection:
        query = sa.select(Run.state).where(Run.dag_run_id.in_(run_ids)).order_by(Run.id)
        return list(connection.scalars(query))


def _end_by_hand(stack: Stack, sites: int) -> str:
    run_id = stack.trigger(sites_that(is_answered, sites))
    stack.until(stack.running_scan(run_id))
    path = f"/dags/{SCAN}/dagRuns/{quote(run_id, safe='')}"
    # Airflow answers 500 when its scheduler writes to the run in that moment.
    stack.until(lambda: stack.api.call("PATCH", path, {"state": "failed"}))
    return run_id


def test_a_run_that_somebody_ended_or_deleted_is_interrupted_by_the_next_and_can_go_on(
    stack: Stack,
    browser,  # noqa: F811
) -> None:
    with stack.silent_dns():
        failed = _end_by_hand(stack, 4)
        deleted = _end_by_hand(stack, 5)
        stack.api.call("DELETE", f"/dags/{SCAN}/dagRuns/{quote(deleted, safe='')}")
    dry = stack.trigger(sites_that(is_answered, 4), dry_run=True)
    assert stack.follow(dry) == "success"
    assert _states(stack, failed, deleted) == ["interrupted", "interrupted"]
    answer = browser.get(f"/dnstats/run/{quote(failed, safe='')}/report", follow_redirects=True)
    assert answer.status_code == 404
    assert "was interrupted at " in answer.json()["detail"]

    # The run may have been ended before Airflow had cut the later stages into chunks.
    whole = rerun.in_one_piece(stack.api.task_instances(SCAN, failed), "scan_chunk")
    stack.clear(failed, ("scan_chunk", 0), *whole)
    assert stack.follow(failed) == "success", watching.failures(stack.api, SCAN, failed)
    assert _states(stack, failed, deleted) == ["done", "interrupted"]


def test_a_run_that_fails_without_its_end_mail_is_interrupted_by_its_own_callback(
    stack: Stack,
) -> None:
    with stack.silent_dns():
        run_id = stack.trigger(sites_that(is_answered, 4))
        stack.until(stack.running_scan(run_id))
        path = f"/dags/{SCAN}/dagRuns/{quote(run_id, safe='')}/taskInstances/notify_done"
        stack.until(lambda: stack.api.call("PATCH", path, {"new_state": "failed"}))
    assert stack.follow(run_id) == "failed"
    stack.until(lambda: stack.mails(run_id, "ALERT: a run failed before it could tell"))
    (alert,) = stack.mails(run_id, "ALERT: a run failed")
    assert "its row in the database says interrupted" in plain(alert)
    assert _states(stack, run_id) == ["interrupted"]
