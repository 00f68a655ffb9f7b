"""What a list changed against the one before: new, gone and moved sites, and the foremost of them.

A rank is a matter of proportion: from 20 to 10 is as far as from 2,000 to 1,000.
"""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from dnstats.db.models import SiteName

SHOWN = 10
"""Sites of each kind that are named."""

FOREMOST = 10_000
"""Movers are named when they stand, or stood, among the first of the list: below it is noise."""


class Move(msgspec.Struct, frozen=True):
    """A site's rank before and now; None: not in the list."""

    domain: str
    before: int | None
    now: int | None


class Changes(msgspec.Struct, frozen=True):
    """The counts cover both lists whole; the moves are the foremost `SHOWN` of each kind."""

    since: str  # name of the list before
    new: int
    gone: int
    moved: int  # another rank than before
    unmoved: int
    entered: tuple[Move, ...]  # highest rank now
    left: tuple[Move, ...]  # highest rank before
    risen: tuple[Move, ...]  # largest ratio of ranks, now in the first `FOREMOST`
    fallen: tuple[Move, ...]  # the same downwards, before in the first `FOREMOST`


_COMPARE = """
CREATE TEMPORARY TABLE moves ON COMMIT DROP AS
SELECT site_id, old.rank AS before, new.rank AS now
  FROM (SELECT site_id, rank FROM site_ranks WHERE site_list_id = :before) AS old
  FULL JOIN (SELECT site_id, rank FROM site_ranks WHERE site_list_id = :now) AS new
 USING (site_id)
"""

_COUNT = """
SELECT count(*) FILTER (WHERE before IS NULL) AS new,
       count(*) FILTER (WHERE now IS NULL) AS gone,
       count(*) FILTER (WHERE before <> now) AS moved,
       count(*) FILTER (WHERE before = now) AS unmoved
  FROM moves
"""

_MOVES = sa.table(
    "moves", sa.column("site_id"), sa.column("before", sa.Integer), sa.column("now", sa.Integer)
)
_BEFORE, _NOW = _MOVES.c.before, _MOVES.c.now


def compare_lists(connection: sa.Connection, before: tuple[int, str], now: int) -> Changes:
    """Compare the list `now` with the one `before` (id, name); both have their ranks."""
    connection.execute(sa.text(_COMPARE), {"before": before[0], "now": now})
    new, gone, moved, unmoved = connection.execute(sa.text(_COUNT)).one()
    changes = Changes(
        since=before[1],
        new=new,
        gone=gone,
        moved=moved,
        unmoved=unmoved,
        entered=_foremost(connection, _BEFORE.is_(None), _NOW),
        left=_foremost(connection, _NOW.is_(None), _BEFORE),
        risen=_foremost(
            connection,
            sa.and_(_NOW < _BEFORE, _NOW <= FOREMOST),
            _ratio(_BEFORE, _NOW).desc(),
            _NOW,
        ),
        fallen=_foremost(
            connection,
            sa.and_(_NOW > _BEFORE, _BEFORE <= FOREMOST),
            _ratio(_NOW, _BEFORE).desc(),
            _NOW,
        ),
    )
    connection.execute(sa.text("DROP TABLE moves"))
    return changes


def _ratio(part: sa.ColumnElement[Any], whole: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    return sa.cast(part, sa.Float) / sa.cast(whole, sa.Float)


def _foremost(
    connection: sa.Connection, which: sa.ColumnElement[bool], *order: sa.ColumnElement[Any]
) -> tuple[Move, ...]:
    query = (
        sa.select(SiteName.domain, _BEFORE, _NOW)
        .join(SiteName, SiteName.id == _MOVES.c.site_id)
        .where(which)
        .order_by(*order)
        .limit(SHOWN)
    )
    return tuple(Move(*row) for row in connection.execute(query))
