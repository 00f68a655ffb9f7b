"""Engines: one way to open the database, the same for tasks, command line and tests."""

from __future__ import annotations

import sqlalchemy as sa


def open_database(url: str) -> sa.Engine:
    """An engine for a `postgresql://` URL in any spelling; psycopg 3 is the driver.

    No pool: a task opens one connection, works, and ends.
    """
    for prefix in (
        "postgresql+psycopg2://",
        "postgresql+psycopg://",
        "postgresql://",
        "postgres://",
    ):
        if url.startswith(prefix):
            url = "postgresql+psycopg://" + url.removeprefix(prefix)
            break
    else:
        raise ValueError("the database URL must begin with postgresql://")
    return sa.create_engine(url, poolclass=sa.NullPool)
