"""The partitions of a run: made with it, dropped with it."""

from __future__ import annotations

import sqlalchemy as sa

from dnstats.db.models import RUN_PARTITIONED, SiteRank


def partition_name(table: str, key: int) -> str:
    """`site_runs_p12` for run 12."""
    return f"{table}_p{int(key)}"


def make_run_partitions(connection: sa.Connection, run_id: int) -> None:
    """Make the run's partition of every bulk table; those that exist stay as they are."""
    for table in RUN_PARTITIONED:
        _make(connection, table, run_id)


def make_list_partition(connection: sa.Connection, site_list_id: int) -> None:
    """Make the partition of `site_ranks` for one list."""
    _make(connection, SiteRank.__tablename__, site_list_id)


def drop_run_partitions(connection: sa.Connection, run_id: int) -> None:
    """Drop all bulk rows of a run at once; its row in `runs` and its summary stay."""
    for table in RUN_PARTITIONED:
        name = partition_name(table, run_id)
        connection.execute(sa.text(f'DROP TABLE IF EXISTS "{name}"'))


def _make(connection: sa.Connection, table: str, key: int) -> None:
    # The name and the key are ours: a table of the models and a whole number.
    connection.execute(
        sa.text(
            f'CREATE TABLE IF NOT EXISTS "{partition_name(table, key)}" '
            f'PARTITION OF "{table}" FOR VALUES IN ({int(key)})'
        )
    )
