"""What is killed in the middle of a run is started again, and the run ends with the same rows."""

from __future__ import annotations

import os
import signal

import pytest

from tests.live.conftest import SITES, Stack, is_answered, sites_that

pytestmark = pytest.mark.long


def test_a_killed_scheduler_does_not_change_the_rows(stack: Stack, first_run: str) -> None:
    with stack.silent_dns():
        run_id = stack.trigger(sites_that(is_answered, SITES))
        stack.until(stack.running_scan(run_id))
        os.kill(stack.owner.components["scheduler"].pid, signal.SIGKILL)
        stack.until(lambda: stack.owner.components["scheduler"].poll() is None)
    assert stack.follow(run_id, seconds=500) == "success"
    assert stack.rows(run_id) == stack.rows(first_run)


def test_a_restarted_database_does_not_change_the_rows(stack: Stack, first_run: str) -> None:
    with stack.silent_dns():
        run_id = stack.trigger(sites_that(is_answered, SITES))
        stack.until(stack.running_scan(run_id))
        server = stack.owner.cluster.running_pid()
        assert server is not None
        os.kill(server, signal.SIGKILL)
        stack.until(lambda: stack.owner.cluster.running_pid() not in (None, server))
    assert stack.follow(run_id, seconds=500) == "success"
    assert stack.rows(run_id) == stack.rows(first_run)
