"""What `make rerun` clears, and what it refuses in one sentence."""

from __future__ import annotations

import pytest
from dnstats.stack.fault import StackFault
from dnstats.stack.places import places
from dnstats.stack.rerun import Again, choose, find_run, in_one_piece, rerun
from rich.console import Console


def instances(*failed: tuple[str, int]) -> list[dict[str, object]]:
    """Task instances of a run with three chunks, those in `failed` failed."""
    chunked = [(task, index) for task in ("scan_chunk", "process_chunk", "grade_chunk")
               for index in range(3)]  # fmt: skip
    return [
        {"task_id": task, "map_index": index, "state": "failed" if one in failed else "success"}
        for one in [*chunked, ("notify_done", -1)]
        for task, index in [one]
    ]


@pytest.mark.parametrize(
    ("chunks", "stage", "cleared"),
    [
        ("1", "scan", [("scan_chunk", 1)]),
        ("2, 0,2", "process", [("process_chunk", 0), ("process_chunk", 2)]),
        ("failed", "grade", [("grade_chunk", 0), ("grade_chunk", 2)]),
    ],
)
def test_the_stage_of_each_wanted_chunk_is_cleared(
    chunks: str, stage: str, cleared: list[tuple[str, int]]
) -> None:
    found = choose(instances(("scan_chunk", 2), ("grade_chunk", 0)), Again("r", chunks, stage))
    assert found == cleared


@pytest.mark.parametrize(
    ("chunks", "said"),
    [
        ("0,7", "this run has the chunks 0 to 2, and 7 is none"),
        ("failed", "no chunk of this run failed"),
        ("", "say the map indexes"),
        ("x", "say the map indexes"),
        ("-1", "say the map indexes"),
    ],
)
def test_chunks_that_are_not_there_are_refused(chunks: str, said: str) -> None:
    with pytest.raises(StackFault, match=said):
        choose(instances(), Again("r", chunks, "scan"))


def test_stages_that_never_came_apart_into_chunks_are_cleared_with_the_first() -> None:
    ended_early = [one for one in instances() if one["task_id"] != "grade_chunk"]
    ended_early.append({"task_id": "grade_chunk", "map_index": -1, "state": "skipped"})
    assert in_one_piece(ended_early, "scan_chunk") == [("grade_chunk", -1)]
    assert in_one_piece(ended_early, "grade_chunk") == []
    assert in_one_piece(instances(), "scan_chunk") == []


def test_a_run_is_named_by_airflow_or_by_its_number() -> None:
    assert find_run("", "manual__2026-11-25") == "manual__2026-11-25"
    with pytest.raises(StackFault, match="say which run"):
        find_run("", "")


def test_without_a_stack_it_says_what_to_start(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("DNSTATS_VAR", str(tmp_path))
    with pytest.raises(StackFault, match="make up"):
        rerun(places(), Again("1", "0", "scan"), Console(quiet=True))


def test_a_number_that_no_run_can_have_is_one_sentence() -> None:
    with pytest.raises(StackFault, match="there is no run of that number"):
        find_run("postgresql://dnstats@127.0.0.1:1/dnstats", "9" * 20)
