"""What the site list of a run changed against the list before: counts, the foremost, and a file.

The counts were taken when the list came in (`site_lists.changes`); the file needs the ranks of both
lists, which are dropped with the last run that uses them.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from dnstats.db.models import Run, SiteList, SiteName, SiteRank
from dnstats.report.cells import harmless

FILE = "list_changes.csv"


class ListMove(NamedTuple):
    """A site's rank before and now; None: not in the list."""

    domain: str
    before: int | None
    now: int | None


class ListChanges(NamedTuple):
    """Counts over both lists whole, and the foremost sites of each kind."""

    since: str
    new: int
    gone: int
    moved: int
    unmoved: int
    entered: tuple[ListMove, ...]
    left: tuple[ListMove, ...]
    risen: tuple[ListMove, ...]
    fallen: tuple[ListMove, ...]
    has_file: bool


def write_list_changes(connection: sa.Connection, run_id: int, folder: Path) -> ListChanges | None:
    """The changes of the run's list; None when it has none before it. Writes the file if it can."""
    row = connection.execute(
        sa.select(SiteList.id, SiteList.changes)
        .join(Run, Run.site_list_id == SiteList.id)
        .where(Run.id == run_id)
    ).one_or_none()
    if row is None or not row.changes:
        return None
    try:
        told = _read(row.changes)
    except (KeyError, TypeError):
        return None  # of another version
    before = connection.scalar(
        sa.select(SiteList.id).where(
            SiteList.name == told.since, SiteList.ranks_dropped_at.is_(None)
        )
    )
    if before is None:
        return told
    _write(connection, before, row.id, folder / FILE)
    return told._replace(has_file=True)


def _read(changes: dict[str, Any]) -> ListChanges:
    values: dict[str, Any] = {
        name: tuple(ListMove(**one) for one in value) if isinstance(value, list) else value
        for name, value in changes.items()
    }
    return ListChanges(**values, has_file=False)


def _write(connection: sa.Connection, before: int, now: int, path: Path) -> None:
    """Every site that stands in one of the lists only."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["domain", "before", "now"])
        for here, other, is_new in ((now, before, True), (before, now, False)):
            rows = connection.execute(_only(here, other), execution_options={"yield_per": 10_000})
            for domain, rank in rows:
                ranks = ("", str(rank)) if is_new else (str(rank), "")
                writer.writerow(map(harmless, (domain, *ranks)))


def _only(here: int, other: int) -> sa.Select[str, int]:
    there = sa.select(SiteRank.site_id).where(SiteRank.site_list_id == other).subquery()
    return (
        sa.select(SiteName.domain, SiteRank.rank)
        .join(SiteName, SiteName.id == SiteRank.site_id)
        .outerjoin(there, there.c.site_id == SiteRank.site_id)
        .where(SiteRank.site_list_id == here, there.c.site_id.is_(None))
        .order_by(SiteRank.rank)
    )
