"""Chunks that are run again, by hand or because their task was killed: the same rows, once."""

from __future__ import annotations

import os
import signal

from tests.live.conftest import SITES, Stack, is_answered, sites_that


def test_clearing_one_chunk_runs_it_alone_and_leaves_the_same_rows(
    stack: Stack, first_run: str
) -> None:
    before, files = stack.rows(first_run), stack.chunks(first_run)
    cleared = stack.clear(first_run, ("scan_chunk", 1))
    assert cleared == [
        ("grade_chunk", 1), ("notify_done", -1), ("process_chunk", 1), ("scan_chunk", 1),
    ]  # fmt: skip
    assert stack.follow(first_run) == "success"
    assert stack.rows(first_run) == before
    tries = {
        index: task["try_number"] for index, task in stack.tasks(first_run, "scan_chunk").items()
    }
    assert tries == {0: 1, 1: 2, 2: 1}
    scanned = [
        (old.scanned_at, new.scanned_at)
        for old, new in zip(files, stack.chunks(first_run), strict=True)
    ]
    assert [old != new for old, new in scanned] == [False, True, False]


def test_a_scan_killed_in_the_middle_is_tried_again_and_leaves_the_same_rows(
    stack: Stack, first_run: str
) -> None:
    with stack.silent_dns():
        run_id = stack.trigger(sites_that(is_answered, SITES))
        task = stack.until(stack.running_scan(run_id))
        os.kill(task["pid"], signal.SIGKILL)
    assert stack.follow(run_id) == "success"
    assert stack.tasks(run_id, "scan_chunk")[task["map_index"]]["try_number"] > 1
    assert stack.rows(run_id) == stack.rows(first_run)
    assert not list(stack.archive.rglob("*.partial"))
