"""A run that was ended before it was counted says so, everywhere, and can still go on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from pathlib import Path

import pytest
import sqlalchemy as sa
from dnstats.db.interrupted import mark_interrupted
from dnstats.db.models import ListUpdate, Run
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import ChunkName, Refused, begin_stage
from dnstats.tasks.drop_old_runs import drop_old_runs
from dnstats.tasks.drop_request import DropRequest
from dnstats.tasks.notify_done import notify_done
from dnstats.tasks.notify_list_done import notify_list_done
from dnstats.tasks.publish_report import publish_report
from dnstats.tasks.settle_runs import settle_runs

from tests.tasks.conftest import NOW

Start = Callable[..., list[ChunkName]]
LATER = NOW + dt.timedelta(hours=20)


def _settle(engine: sa.Engine, *under_way: str) -> list[str]:
    """As a task does it while Airflow has these runs queued or running."""
    known: Collection[str] = under_way
    return settle_runs(engine, lambda _dag_id, name: name in known, now=LATER)


def _runs(engine: sa.Engine) -> dict[str, tuple[str, dt.datetime | None]]:
    with engine.connect() as connection:
        rows = connection.execute(sa.select(Run.dag_run_id, Run.state, Run.ended_at))
        return {name: (state, ended_at) for name, state, ended_at in rows}


def test_a_run_that_airflow_has_ended_is_interrupted_and_no_other(
    engine: sa.Engine, start_run: Start
) -> None:
    for name in ("manual__deleted", "manual__goes_on", "manual__done"):
        start_run(name, last_rank=4)
    with engine.begin() as connection:
        done = sa.update(Run).where(Run.dag_run_id == "manual__done")
        connection.execute(done.values(state="done", ended_at=NOW))
    assert _settle(engine, "manual__goes_on") == ["manual__deleted"]
    assert _runs(engine) == {
        "manual__deleted": ("interrupted", LATER),
        "manual__goes_on": ("running", None),
        "manual__done": ("done", NOW),
    }
    assert _settle(engine, "manual__goes_on") == []


def test_the_callback_of_a_run_s_end_marks_that_run_of_that_flow_only(
    engine: sa.Engine, start_run: Start
) -> None:
    start_run("scheduled__1", last_rank=4)
    start_run("scheduled__2", last_rank=4)
    with engine.begin() as connection:
        assert not mark_interrupted(connection, "update_sites", "scheduled__1", LATER)
        assert not mark_interrupted(connection, "publish_report", "scheduled__1", LATER)
        assert mark_interrupted(connection, "daily_scan", "scheduled__1", LATER)
    assert _runs(engine) == {
        "scheduled__1": ("interrupted", LATER),
        "scheduled__2": ("running", None),
    }


def test_a_run_whose_task_is_cleared_is_under_way_again(
    engine: sa.Engine, lab_settings: Settings, start_run: Start
) -> None:
    (chunk,) = start_run(last_rank=4)
    _settle(engine)
    begin_stage(engine, chunk, "graded_at")  # make regrade: nobody would end that run
    assert _runs(engine)["manual__1"][0] == "interrupted"
    begin_stage(engine, chunk, "processed_at")
    assert _runs(engine) == {"manual__1": ("running", None)}
    with pytest.raises(Refused, match="1 of 1 chunks are not graded"):
        notify_done(engine, lab_settings, "manual__1", None, now=LATER)
    assert _runs(engine) == {"manual__1": ("short", LATER)}
    assert _settle(engine) == []


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("running", "is not published: it is under way."),
        ("short", "is not published: it measured too little."),
        ("interrupted", "is not published: it was interrupted at 2026-03-04 05:06 UTC, before"),
    ],
)
def test_a_run_without_a_report_says_why(
    engine: sa.Engine, lab_settings: Settings, start_run: Start, state: str, said: str
) -> None:
    start_run(last_rank=4)
    ended_at = dt.datetime(2026, 3, 4, 5, 6, tzinfo=dt.UTC)
    with engine.begin() as connection:
        connection.execute(sa.update(Run).values(state=state, ended_at=ended_at))
    with pytest.raises(Refused) as fault:
        publish_report(engine, lab_settings)
    assert said in str(fault.value)


def test_what_was_interrupted_keeps_nothing_from_being_dropped(
    engine: sa.Engine, settings: Settings, start_run: Start
) -> None:
    start_run(last_rank=4)
    with engine.begin() as connection:  # a past day that was being read again when it ended
        connection.execute(sa.update(Run).values(day=NOW.date() - dt.timedelta(days=9)))
    request = DropRequest(keep_answers=2, keep_rows=2, is_dry=False)

    def dropped() -> list[str]:
        return [drop.what for drop in drop_old_runs(engine, settings, request, None, now=LATER)]

    assert dropped() == [], "it goes on"
    _settle(engine)
    assert [what.partition(" of run")[0] for what in dropped()] == ["answers"]


def test_an_update_of_the_list_that_was_interrupted_says_so_and_took_none(
    engine: sa.Engine, tmp_path: Path
) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.insert(ListUpdate).values(
                dag_run_id="scheduled__1", source="x", state="running", said="under way",
                started_at=NOW,
            )
        )  # fmt: skip
    assert _settle(engine) == ["scheduled__1"]
    with engine.connect() as connection:
        row = connection.execute(sa.select(ListUpdate.state, ListUpdate.said, ListUpdate.ended_at))
        state, said, ended_at = row.one()
    assert (state, ended_at) == ("interrupted", LATER)
    assert "interrupted before it could tell" in said
    settings = Settings({"DNSTATS_VAR": str(tmp_path)})
    with pytest.raises(Refused, match="import_sites did not come to an end"):
        notify_list_done(engine, settings, "scheduled__1", None, now=LATER)
