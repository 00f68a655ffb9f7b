"""The list that stands: what mails and reports say of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import sqlalchemy as sa

from dnstats.db.models import ListUpdate, SiteList
from dnstats.lists.changes import Changes


class StandingList(msgspec.Struct, frozen=True):
    """The newest list that was taken. `changes` None: it was the first."""

    id: int
    name: str
    source: str
    sites: int
    taken_at: dt.datetime
    junk: dict[str, dict[str, Any]]
    changes: Changes | None


class Update(msgspec.Struct, frozen=True):
    """What became of one update; `state` as in list_updates."""

    state: str
    said: str


def standing_list(connection: sa.Connection) -> StandingList | None:
    """The list that runs use when they name none; None when none was ever taken."""
    row = connection.execute(
        sa.select(
            SiteList.id, SiteList.name, SiteList.source, SiteList.sites, SiteList.taken_at,
            SiteList.junk, SiteList.changes,
        )
        .where(SiteList.taken_at.is_not(None), SiteList.ranks_dropped_at.is_(None))
        .order_by(SiteList.taken_at.desc(), SiteList.id.desc())
        .limit(1)
    ).one_or_none()  # fmt: skip
    return None if row is None else msgspec.convert(row._asdict(), StandingList)


def find_update(connection: sa.Connection, dag_run_id: str) -> Update | None:
    """What became of the update that Airflow knows as `dag_run_id`."""
    row = connection.execute(
        sa.select(ListUpdate.state, ListUpdate.said).where(ListUpdate.dag_run_id == dag_run_id)
    ).one_or_none()
    return None if row is None else Update(*row)
