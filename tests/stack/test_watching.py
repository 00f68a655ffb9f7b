"""What a run's task instances show, in values and in lines."""

from __future__ import annotations

from typing import Any

from dnstats.stack.progress import Lines, line_of
from dnstats.stack.watching import Stage, label, view


def task(task_id: str, state: str | None, map_index: int = -1, **more: Any) -> dict[str, Any]:
    return {"task_id": task_id, "state": state, "map_index": map_index, **more}


MIDDLE = [
    task("create_run", "success"),
    task("notify_start", "success"),
    task("scan_chunk", "success", 0),
    task("scan_chunk", "running", 1),
    task("scan_chunk", "failed", 2),
    task("scan_chunk", "removed", 3),
    task("process_chunk", "running", 0),
    task("process_chunk", None, 1),
    task("process_chunk", "upstream_failed", 2),
    task("grade_chunk", None, -1),
    task("notify_done", None),
]


def test_stages_count_chunks_and_forget_removed_ones() -> None:
    assert view("running", MIDDLE).stages == (
        Stage("scan_chunk", 3, 2, 1, 1),
        Stage("process_chunk", 3, 1, 1, 1),
        Stage("grade_chunk", 0, 0, 0, 0),
    )


def test_a_line_names_every_stage_and_what_failed() -> None:
    line = line_of(view("running", MIDDLE))
    assert line == (
        "scan 2/3 (1 running, 1 FAILED)  process 1/3 (1 running, 1 FAILED)  grade 0/?  running"
    )


def test_plain_lines_come_every_few_seconds_when_something_changed_and_at_the_end() -> None:
    now, said = [0.0], []
    lines = Lines(said.append, lambda: now[0])
    for second, moment in (
        (0.0, view("queued", [])),
        (1.0, view("running", [])),  # too soon
        (6.0, view("running", MIDDLE)),
        (12.0, view("running", MIDDLE)),  # nothing new
        (13.0, view("running", MIDDLE[:3])),
        (13.5, view("success", MIDDLE)),  # the end is always told
    ):
        now[0] = second
        lines.show(moment)
    assert [line[:7] for line in said] == ["    0 s", "    6 s", "   13 s", "   14 s"]


def test_a_run_that_waits_says_for_whom() -> None:
    moment = view("queued", [])._replace(waits_for=("scheduled__x",))
    assert "waits for another run to end (scheduled__x)" in line_of(moment)


def test_a_chunk_is_named_by_its_ranks() -> None:
    named = task("scan_chunk", "failed", 3, rendered_map_index="ranks 1-10")
    assert label(named) == "ranks 1-10 (map index 3)"
    assert label(task("create_run", "failed")) == ""
