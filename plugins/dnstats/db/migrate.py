"""Brings a database to the present schema; Alembic configured in code, no ini file."""

from __future__ import annotations

import sys
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from dnstats import settings
from dnstats.db.connect import open_database
from dnstats.db.roles import grant

MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config(connection: sa.Connection) -> Config:
    """Alembic's configuration for one open connection."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(url: str) -> None:
    """Upgrade the database at `url` to the newest schema, one process at a time."""
    engine = open_database(url)
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()


def upgrade(connection: sa.Connection) -> None:
    """Upgrade through an open transaction, which the caller commits."""
    # Two starters at once must not both create the tables: the second waits, and finds them.
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(733400)"))
    command.upgrade(alembic_config(connection), "head")
    grant(connection)


if __name__ == "__main__":
    try:
        migrate(sys.argv[1] if len(sys.argv) > 1 else settings.load()["DNSTATS_DATABASE"])
    except (settings.BadSetting, sa.exc.OperationalError) as fault:
        sys.exit(f"dnstats.db.migrate: {getattr(fault, 'orig', None) or fault}")
