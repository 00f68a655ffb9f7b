"""Engines: one way to open the database, the same for tasks, command line and tests."""

from __future__ import annotations

import sqlalchemy as sa

from dnstats.settings import BadSetting


def open_database(url: str) -> sa.Engine:
    """An engine for a `postgresql://` URL in any spelling; psycopg 3 is the driver.

    No pool: a task opens one connection, works, and ends. `BadSetting` for what is no such URL.
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
        raise BadSetting("the database URL must begin with postgresql://")
    try:
        return sa.create_engine(url, poolclass=sa.NullPool)
    except (sa.exc.ArgumentError, ValueError):  # not shown: there is a password in it
        raise BadSetting(
            "the database URL is not of the form postgresql://user:password@host:port/database"
        ) from None
