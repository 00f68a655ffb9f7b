"""Who may use which part of the published rates now: at every moment the parts add up to one.

Scans of chunks run at once, on one machine or several, and ask the same servers. Each holds a part
of the rates for some seconds and asks again before they are over. All is decided here, one scan
after the other and by the database's clock; a scan keeps its side by two rules (see
`tasks/share_lease`): it uses less before it says so, and more only after it has been told.
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import sqlalchemy as sa

from dnstats.db.models import ScanShare

WHOLE = 27_720  # divides evenly among 1 to 12 scans
LINGER = 2.0  # seconds that an ended scan is remembered: others begin a second after it
_LOCK = 7_203_518  # any number that no other lock of ours has


class Grant(NamedTuple):
    """What a scan is given, and (`fair`) what it should come down to; in parts of WHOLE."""

    part: int
    fair: int
    is_alone: bool  # no other scan has, or had within LINGER, a part


def renew_share(
    connection: sa.Connection, holder: str, *, run_id: int, chunk: int, using: int, seconds: float
) -> Grant:
    """Keep or get a part for so many seconds; `using` is the most that the scan uses meanwhile.

    A part that was not renewed in time is gone. Call it in a transaction of its own.
    """
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    now = _now(connection)
    connection.execute(sa.delete(ScanShare).where(ScanShare.expires_at <= now))
    rows = connection.execute(sa.select(ScanShare.holder, ScanShare.part, ScanShare.is_over)).all()
    others = [row for row in rows if row.holder != holder]
    taken = sum(row.part for row in others)
    is_known = len(others) < len(rows)
    fair = WHOLE // (1 + sum(not row.is_over for row in others))
    held = min(using, WHOLE - taken) if is_known else 0
    part = max(held, min(fair, WHOLE - taken))
    values = {"part": part, "expires_at": now + dt.timedelta(seconds=seconds)}
    if is_known:
        connection.execute(sa.update(ScanShare).where(ScanShare.holder == holder).values(values))
    else:
        connection.execute(
            sa.insert(ScanShare).values(
                holder=holder, run_id=run_id, chunk=chunk, is_over=False, **values
            )
        )
    return Grant(part, fair, not others)


def release_share(connection: sa.Connection, holder: str) -> None:
    """The scan is over: others may have its part."""
    until = _now(connection) + dt.timedelta(seconds=LINGER)
    connection.execute(
        sa.update(ScanShare)
        .where(ScanShare.holder == holder)
        .values(part=0, is_over=True, expires_at=until)
    )


def _now(connection: sa.Connection) -> dt.datetime:
    """Not now(): that is when the transaction began, perhaps long before the lock was ours."""
    now = connection.scalar(sa.select(sa.func.clock_timestamp()))
    assert isinstance(now, dt.datetime)
    return now
