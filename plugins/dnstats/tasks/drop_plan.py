"""What is old enough to be dropped, and what keeps it. Looks only; drops nothing.

Answers go by the day that they are of. Rows go by the day that their run was made: a past day that
is read again keeps its rows as long as any other run.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import sqlalchemy as sa

from dnstats.db.models import Run, SiteList
from dnstats.tasks.drop_request import DropRequest

UNDER_WAY = dt.timedelta(days=2)
"""A run that says `running` for longer was ended from outside, should nobody have marked it."""

LISTS_KEPT = dt.timedelta(days=7)
"""A list that no run uses yet; somebody may be about to."""

NEWEST_KEPT = 2
"""Lists taken last: the one that stands, and the one that it is compared with."""


class OldRun(msgspec.Struct, frozen=True):
    """What the plan needs to know of a run."""

    id: int
    day: dt.date
    site_list_id: int
    state: str
    started_at: dt.datetime
    answers_dropped_at: dt.datetime | None
    rows_dropped_at: dt.datetime | None


class OldList(msgspec.Struct, frozen=True):
    """What the plan needs to know of a site list whose ranks stand."""

    id: int
    name: str
    imported_at: dt.datetime
    taken_at: dt.datetime | None


class DropPlan(msgspec.Struct, frozen=True):
    """What is to be dropped, oldest first, and sentences on what would be but for a reason."""

    answers: tuple[OldRun, ...]
    rows: tuple[OldRun, ...]
    lists: tuple[OldList, ...]
    kept: tuple[str, ...]


def load_plan(connection: sa.Connection, request: DropRequest, now: dt.datetime) -> DropPlan:
    """The plan for the database as it is."""
    runs = _load(connection, OldRun, Run, sa.true())
    lists = _load(connection, OldList, SiteList, SiteList.ranks_dropped_at.is_(None))
    return make_plan(runs, lists, request, now)


def make_plan(
    runs: Sequence[OldRun], lists: Iterable[OldList], request: DropRequest, now: dt.datetime
) -> DropPlan:
    """What may be dropped of these runs and lists at `now`."""
    today = now.astimezone(dt.UTC).date()
    busy = {run.id for run in runs if is_under_way(run.state, run.started_at, now)}
    busy_days = {run.day for run in runs if run.id in busy}
    answers, rows, kept = [], [], []
    for run in runs:
        if run.answers_dropped_at is None and (today - run.day).days > request.keep_answers:
            # By the day, since a run that reads again shares the files of the one that asked.
            if run.day in busy_days:
                kept.append(f"the answers of run {run.id} ({run.day}): a run of that day goes on")
            else:
                answers.append(run)
        age = today - run.started_at.astimezone(dt.UTC).date()
        if run.rows_dropped_at is None and age.days > request.keep_rows:
            if run.id in busy:
                kept.append(f"the rows of run {run.id} ({run.day}): it goes on")
            else:
                rows.append(run)
    used = _used_lists(runs, {run.id for run in answers}, {run.id for run in rows})
    return DropPlan(tuple(answers), tuple(rows), _unused(lists, used, now), tuple(kept))


def is_under_way(state: str, started_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether a run may still read and write."""
    return state == "running" and now - started_at < UNDER_WAY


def _used_lists(runs: Iterable[OldRun], answers: set[int], rows: set[int]) -> set[int]:
    """Lists of runs of which anything is left: their answers need the ranks to be read again."""
    return {
        run.site_list_id
        for run in runs
        if (run.answers_dropped_at is None and run.id not in answers)
        or (run.rows_dropped_at is None and run.id not in rows)
    }


def _unused(lists: Iterable[OldList], used: set[int], now: dt.datetime) -> tuple[OldList, ...]:
    known = sorted(lists, key=lambda one: one.taken_at or one.imported_at)
    newest = [one.id for one in known if one.taken_at is not None][-NEWEST_KEPT:]
    return tuple(
        one
        for one in known
        if one.id not in used
        and one.id not in newest
        and now - max(one.imported_at, one.taken_at or one.imported_at) > LISTS_KEPT
    )


def _load(connection: sa.Connection, kind: Any, model: Any, which: Any) -> list[Any]:
    columns = [getattr(model, name) for name in kind.__struct_fields__]
    query = sa.select(*columns).where(which).order_by(model.id)
    return [kind(*row) for row in connection.execute(query)]
