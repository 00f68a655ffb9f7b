"""The migrations build what the models say, and can be run again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from dnstats.db.migrate import alembic_config, upgrade
from dnstats.db.models import Base
from dnstats.db.partitions import make_run_partitions


def test_models_and_migrations_agree(database: sa.Connection) -> None:
    command.check(alembic_config(database))


def test_migrating_again_changes_nothing(database: sa.Connection) -> None:
    upgrade(database)
    command.check(alembic_config(database))


def test_partitions_of_runs_are_no_difference_to_the_models(database: sa.Connection) -> None:
    make_run_partitions(database, 7)
    command.check(alembic_config(database))


def test_every_table_and_every_ambiguous_column_has_a_comment(database: sa.Connection) -> None:
    inspector = sa.inspect(database)
    for table in Base.metadata.tables:
        assert inspector.get_table_comment(table)["text"], f"table {table} has no comment"
    plain = {"id", "run_id", "site_id", "chunk", "rank", "family", "domain", "severity",
             "first_rank", "last_rank", "chunk_size", "rules_version", "site_list_id"}  # fmt: skip
    for table in Base.metadata.tables.values():
        for column in table.columns:
            named = column.name in plain or column.name.endswith("_at")
            assert named or column.comment, f"{table.name}.{column.name} has no comment"
