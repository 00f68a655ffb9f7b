"""What a run's task instances show, in values and in lines."""

from __future__ import annotations

from typing import Any

import pytest
from dnstats.stack import watching
from dnstats.stack.airflow_api import Refused, Unreachable
from dnstats.stack.fault import StackFault
from dnstats.stack.progress import Lines, line_of
from dnstats.stack.watching import Stage, follow, follow_caused, label, view


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


class Script:
    """An Airflow that says one thing after the other; an exception is raised, the last repeated."""

    def __init__(self, *said: str | Exception) -> None:
        self.said = list(said)

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        now = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(now, Exception):
            raise now
        return {"state": now}

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        return []

    def runs_caused_by(self, dag_id: str, run_id: str) -> list[tuple[str, str]]:
        return [("other", "run_0"), ("publish_report", "run_1")]


AWAY = [Unreachable("away"), Refused(500, "its database is away")]


@pytest.mark.parametrize("end", ["success", "failed"])
def test_a_run_is_followed_to_its_end_over_moments_of_silence(end: str) -> None:
    shown: list[str] = []
    api = Script("queued", AWAY[0], "running", AWAY[1], end)
    ended = follow(
        api, "daily_scan", "run_0", lambda moment: shown.append(moment.state), lambda: None, pause=0
    )  # type: ignore[arg-type]
    assert ended == end
    assert shown == ["queued", "running", end]


def test_an_airflow_that_stays_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 25))
    monkeypatch.setattr(watching.time, "monotonic", lambda: float(next(clock)))
    with pytest.raises(StackFault, match="away"):
        follow(Script("running", AWAY[0]), "d", "r", lambda _: None, lambda: None, pause=0)  # type: ignore[arg-type]
    assert next(clock) < 300


def test_what_airflow_refuses_is_not_waited_for() -> None:
    with pytest.raises(Refused):
        follow(Script(Refused(404, "no such run")), "d", "r", lambda _: None, lambda: None)  # type: ignore[arg-type]


def test_the_report_that_a_run_caused_is_followed_too() -> None:
    cause, nothing = ("daily_scan", "run_0"), lambda: None
    api = Script("running", *AWAY, "failed")
    assert follow_caused(api, cause, "publish_report", nothing, 30) == ("run_1", "failed")  # type: ignore[arg-type]
    assert follow_caused(Script("running"), cause, "publish_report", nothing, 0.1) == (  # type: ignore[arg-type]
        "run_1",
        "running",
    )
    assert follow_caused(Script("running"), cause, "no_such_dag", nothing, 0.1) is None  # type: ignore[arg-type]
