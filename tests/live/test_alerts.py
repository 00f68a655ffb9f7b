"""Alerts of a real Airflow, received by a real SMTP server and a real webhook."""

from __future__ import annotations

import os
import re
import signal
from typing import Any
from urllib.parse import quote

import pytest
from dnstats.stack.run import PUBLISH

from tests.live.conftest import Stack, is_answered, plain, sites_that

CHUNK_FAILED = "ALERT: a chunk failed"
RUN_FAILED = "ALERT: a run failed"
LATE = "ALERT: a run is not finished by its deadline"


def posts(stack: Stack, run_id: str, word: str) -> list[Any]:
    texts = [body["text"] for _path, _headers, body in list(stack.hook.posts)]
    return [text for text in texts if run_id in text and word in text.splitlines()[0]]


def test_failed_chunks_are_one_alert_and_their_run_is_told_once(stack: Stack) -> None:
    run_id = stack.trigger(sites_that(is_answered, 12), chunk=4)
    assert stack.follow(run_id) == "success"
    for chunk in stack.chunks(run_id)[1:]:
        (stack.archive / chunk.archive).unlink()
    stack.clear(run_id, ("process_chunk", 1), ("process_chunk", 2))
    assert stack.follow(run_id) == "failed"
    stack.until_told(run_id)
    (alert,) = stack.mails(run_id, CHUNK_FAILED)
    assert "process_chunk, ranks " in alert["Subject"]
    for part in ("plain", "html"):
        said = plain(alert, part)
        assert "there are no archived answers at" in said
        assert (
            f"{stack.api.address}/dags/daily_scan/runs/{quote(run_id)}/tasks/process_chunk/mapped/"
            in said
        )
    (end,) = stack.mails(run_id, "CRITICAL")
    assert "not published: 2 of 3 chunks are not graded (ranks 5-8, ranks 9-12)" in end["Subject"]
    for label in ("ranks 5-8", "ranks 9-12"):
        assert f"{label}: process_chunk: there are no archived answers at" in plain(end)
    assert stack.mails(run_id, RUN_FAILED) == []
    assert len(posts(stack, run_id, CHUNK_FAILED)) == len(posts(stack, run_id, "CRITICAL")) == 1

    stack.clear(run_id, ("scan_chunk", 1), ("scan_chunk", 2))
    assert stack.follow(run_id) == "success"
    assert len(stack.mails(run_id, "is done: 100.0 % of 12 sites measured")) == 2


def test_coverage_under_the_gate_is_critical_with_numbers(stack: Stack) -> None:
    run_id = stack.trigger(sites_that(lambda known: known.fate == "servfail", 12))
    assert stack.follow(run_id) == "failed"
    stack.until_told(run_id)
    (end,) = stack.mails(run_id, "CRITICAL")
    numbers = "0 of 12 sites were measured (0.0 %), and the gate is 92 %"
    assert f"not published: {numbers}" in end["Subject"]
    assert numbers in plain(end)
    assert stack.mails(run_id, RUN_FAILED) == stack.mails(run_id, CHUNK_FAILED) == []


def test_a_run_that_is_not_finished_by_its_deadline_is_told_once(
    stack: Stack, first_run: str
) -> None:
    stack.until(lambda: stack.mails(first_run, LATE))
    (late,) = stack.mails(first_run, LATE)
    assert re.search(
        r"it should be finished by .* UTC; it was begun at .* UTC and is ", plain(late)
    )
    assert f"/dags/daily_scan/runs/{quote(first_run)}" in plain(late, "html")


def test_a_report_that_fails_is_told_by_its_dag(stack: Stack) -> None:
    run_id = stack.api.trigger(PUBLISH, {"run_id": 999_999}, "test")
    assert stack.follow(run_id, PUBLISH) == "failed"
    stack.until(lambda: stack.mails(run_id, "ALERT: a report was not published"))
    (alert,) = stack.mails(run_id)
    said = "publish_report: There is no run 999999: trigger daily_scan first."
    assert said in plain(alert)
    assert said in plain(alert, "html")


@pytest.mark.long
def test_a_chunk_that_is_killed_on_every_try_is_named_in_the_end_mail(stack: Stack) -> None:
    """Airflow calls nobody for it (3.3.2), so there is no alert before the run's end."""
    with stack.silent_dns():
        run_id = stack.trigger(sites_that(is_answered, 4))
        killed: set[int] = set()
        for _ in range(3):
            pid = stack.until(stack.running(run_id, "scan_chunk", but=killed))["pid"]
            os.kill(pid, signal.SIGKILL)
            killed.add(pid)
    assert stack.follow(run_id) == "failed"
    stack.until_told(run_id)
    (end,) = stack.mails(run_id, "CRITICAL")
    for part in ("plain", "html"):
        assert "ranks 1-4: its task was killed, or never began" in plain(end, part)
    assert not stack.mails(run_id, CHUNK_FAILED)
    assert not stack.mails(run_id, RUN_FAILED)
