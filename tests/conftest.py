"""A real PostgreSQL for the whole session: made from the wheel, migrated once, removed at the end.

`database` is one open transaction of the owner that is rolled back; `engine` is a database of its
own for code that commits, copied from the migrated one and opened as the application opens it: by
the role that owns nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from dnstats.db.connect import open_database
from dnstats.db.migrate import migrate
from dnstats.db.roles import APP, OWNER
from dnstats.settings import Settings
from dnstats.stack.postgres import Cluster, temporary

_numbers = itertools.count()

# A test does not hang on how fast the machine is: 200 ms an example is nothing on a busy one.
hypothesis.settings.register_profile("dnstats", deadline=None)
hypothesis.settings.load_profile("dnstats")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file is one worker's; all of tests/live are one's, who begins with them.

    They wait for Airflow most of the time, and the other workers have the processor meanwhile.
    """
    for item in items:
        is_live = item.path.parent.name == "live"
        item.add_marker(pytest.mark.xdist_group("live" if is_live else str(item.path)))
    items.sort(key=lambda item: item.path.parent.name != "live")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A running server; durability off, it dies with the session."""
    with temporary(fsync=False) as started:
        started.prepare_roles()
        migrate(started.url("dnstats", role=OWNER))
        yield started


@pytest.fixture
def database(cluster: Cluster) -> Iterator[sa.Connection]:
    """An open connection; whatever the test does in it is rolled back."""
    engine = open_database(cluster.url("dnstats", role=OWNER))
    with engine.connect() as connection:
        transaction = connection.begin()
        yield connection
        transaction.rollback()
    engine.dispose()


@pytest.fixture
def engine(cluster: Cluster) -> Iterator[sa.Engine]:
    """A migrated database that the test has for itself."""
    name = f"test_{next(_numbers)}"
    with open_database(cluster.url("postgres")).connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE dnstats OWNER {OWNER}'))
        try:
            yield open_database(cluster.url(name, role=APP))
        finally:
            connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings whose folders are the test's own."""
    return Settings({"DNSTATS_VAR": str(tmp_path / "var")})
