"""Airflow's own database, where the stack must touch it before any of Airflow runs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import psycopg


class Migration(NamedTuple):
    """`airflow db migrate` takes 10 s; what it left is remembered, to skip it next time.

    The stamp holds Airflow's version and the schema revision the database had afterwards: a
    database that is another one, older, newer or half-made does not match.
    """

    conninfo: str
    stamp: Path
    version: str

    def is_done(self) -> bool:
        """Whether the database is as this version of Airflow left it."""
        try:
            known = self.stamp.read_text()
        except OSError:
            return False
        return known == self._present()

    def remember(self) -> None:
        """Note what the migration that just ended well has left."""
        half = self.stamp.with_suffix(".half")
        half.write_text(self._present())
        half.replace(self.stamp)

    def _present(self) -> str:
        with psycopg.connect(self.conninfo) as connection:
            if not _has_table(connection, "alembic_version"):
                return f"{self.version} nothing"
            revisions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        return " ".join([self.version, *sorted(row[0] for row in revisions)])


def pause_all(conninfo: str) -> None:
    """Pause every DAG, so that a scheduler that starts does not begin what was due meanwhile.

    The stack lets run what is wanted as soon as the DAG files were read anew. Only before Airflow
    starts; afterwards its REST API is the way.
    """
    with psycopg.connect(conninfo) as connection:
        if _has_table(connection, "dag"):
            connection.execute("UPDATE dag SET is_paused = true WHERE NOT is_paused")


def _has_table(connection: psycopg.Connection, name: str) -> bool:
    found = connection.execute("SELECT to_regclass(%s)", [f"public.{name}"]).fetchone()
    return found is not None and found[0] is not None
