"""What is killed in the middle of a run is started again, and the run ends with the same rows."""

from __future__ import annotations

import os
import signal

import pytest
from dnstats.stack import processes

from tests.live.conftest import SITES, Stack, is_answered, sites_that

pytestmark = pytest.mark.long


def test_a_killed_scheduler_does_not_change_the_rows(stack: Stack, first_run: str) -> None:
    with stack.silent_dns():
        run_id = stack.trigger(sites_that(is_answered, SITES))
        stack.until(stack.running_scan(run_id))
        killed = stack.owner.components["scheduler"]
        os.kill(killed.pid, signal.SIGKILL)
    assert stack.follow(run_id) == "success"
    assert stack.rows(run_id) == stack.rows(first_run)
    assert stack.owner.components["scheduler"].pid != killed.pid


def test_a_killed_database_does_not_change_the_rows(stack: Stack, first_run: str) -> None:
    """The scheduler hangs after it (3.3.2), and is started again."""
    with stack.silent_dns():
        run_id = stack.trigger(sites_that(is_answered, SITES))
        stack.until(stack.running_scan(run_id))
        server = stack.owner.cluster.running_pid()
        assert server is not None
        os.kill(server, signal.SIGKILL)
    assert stack.follow(run_id) == "success"
    assert stack.rows(run_id) == stack.rows(first_run)
    assert stack.owner.cluster.running_pid() not in (None, server)


def test_idle_workers_of_a_killed_scheduler_are_ended(stack: Stack, first_run: str) -> None:
    killed = stack.owner.components["scheduler"].pid
    os.kill(killed, signal.SIGKILL)

    def tended() -> bool:
        owner = stack.owner
        members = processes.members(owner.places.members)
        known = {process.pid for process in owner.components.values()}
        left = {p for p in members if processes.parent(p) not in members | {owner.pid}} - known
        return owner.components["scheduler"].pid != killed and not left

    stack.until(tended)
