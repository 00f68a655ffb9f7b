"""The partitions of a run: made with it, dropped with it.

By functions of the database (migration 0002), because the application does not own the tables.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
import sqlalchemy as sa

from dnstats.db.models import RUN_PARTITIONED, SiteRank

T = TypeVar("T")


class InUse(Exception):
    """Somebody used the tables all the time; trying later may do."""


def partition_name(table: str, key: int) -> str:
    """`site_runs_p12` for run 12."""
    return f"{table}_p{int(key)}"


def make_run_partitions(connection: sa.Connection, run_id: int) -> None:
    """Make the run's partition of every bulk table; those that exist stay as they are."""
    for table in RUN_PARTITIONED:
        _call(connection, "make_partition", table, run_id)


def make_list_partition(connection: sa.Connection, site_list_id: int) -> None:
    """Make the partition of `site_ranks` for one list."""
    _call(connection, "make_partition", SiteRank.__tablename__, site_list_id)


def analyze_list_partition(connection: sa.Connection, site_list_id: int) -> None:
    """Count anew what the planner knows of one list's ranks."""
    _call(connection, "analyze_partition", SiteRank.__tablename__, site_list_id)


def analyze_run_partitions(connection: sa.Connection, run_id: int) -> None:
    """Count anew what the planner knows of a run's rows.

    They come in by COPY: until somebody counts, the planner takes the tables for empty, and a
    report of 10,000 sites took minutes.
    """
    for table in RUN_PARTITIONED:
        _call(connection, "analyze_partition", table, run_id)


def drop_run_partitions(connection: sa.Connection, run_id: int) -> None:
    """Drop all bulk rows of a run at once; its row in `runs` and its summary stay."""
    for table in RUN_PARTITIONED:
        _call(connection, "drop_partition", table, run_id)


def _call(connection: sa.Connection, function: str, table: str, key: int) -> None:
    connection.execute(
        sa.text(f"SELECT {function}(:parent, :key)"), {"parent": table, "key": int(key)}
    )


LOCK_TIMEOUT = "800ms"
"""Below PostgreSQL's deadlock_timeout (1 s): whoever waits for us is never the one to be ended."""


def partition_sizes(connection: sa.Connection) -> dict[str, int]:
    """Bytes of every partition by its name, indexes among them."""
    query = sa.text(
        "SELECT relname, pg_total_relation_size(oid) FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname ~ '_p[0-9]+$'"
    )
    return dict(map(tuple, connection.execute(query)))


def drop_list_partition(connection: sa.Connection, site_list_id: int) -> None:
    """Drop all ranks of a list at once; its row in `site_lists` stays."""
    _call(connection, "drop_partition", SiteRank.__tablename__, site_list_id)


def patiently(database: sa.Engine, act: Callable[[sa.Connection], T], patience: float = 120.0) -> T:
    """`act` in a transaction of its own, again and again while its tables are in use.

    Dropping a partition needs the whole table for a moment. Waiting for it in PostgreSQL would
    keep everybody else waiting too, so each try is short. `InUse` after `patience` seconds.
    """
    ends = time.monotonic() + patience
    while True:
        try:
            with database.begin() as connection:
                connection.execute(sa.text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
                return act(connection)
        except sa.exc.OperationalError as fault:
            if not isinstance(fault.orig, psycopg.errors.LockNotAvailable):
                raise
        if time.monotonic() > ends:
            raise InUse(f"the tables were in use for {patience:.0f} s")
        time.sleep(1.0)
