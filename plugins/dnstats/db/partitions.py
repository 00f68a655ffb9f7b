"""The partitions of a run: made with it, dropped with it.

By functions of the database (migration 0002), because the application does not own the tables.
"""

from __future__ import annotations

import sqlalchemy as sa

from dnstats.db.models import RUN_PARTITIONED, SiteRank


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


def drop_run_partitions(connection: sa.Connection, run_id: int) -> None:
    """Drop all bulk rows of a run at once; its row in `runs` and its summary stay."""
    for table in RUN_PARTITIONED:
        _call(connection, "drop_partition", table, run_id)


def _call(connection: sa.Connection, function: str, table: str, key: int) -> None:
    connection.execute(
        sa.text(f"SELECT {function}(:parent, :key)"), {"parent": table, "key": int(key)}
    )
