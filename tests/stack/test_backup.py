"""A dump comes back whole, with its rights; a broken one changes nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from dnstats.db import roles
from dnstats.db.migrate import migrate
from dnstats.stack.backup import backup, restore
from dnstats.stack.fault import StackFault
from dnstats.stack.places import Places
from dnstats.stack.postgres import Cluster
from rich.console import Console

QUIET = Console(quiet=True)
LIST = "INSERT INTO site_lists (name, source, sha256, sites, junk) VALUES (%s, '', '', 0, '{}')"


@pytest.fixture
def places() -> Iterator[Places]:
    """A checkout with a migrated database, whose server is stopped."""
    root = Path(tempfile.mkdtemp(prefix="dnstats-test-"))
    root.chmod(0o711)  # the server's user goes through it when we are root
    where = Places(root, root / "var", root / "dags")
    where.var.mkdir()
    try:
        with Cluster(where.postgres) as cluster:
            cluster.prepare_roles()
            migrate(cluster.url("dnstats", role=roles.OWNER))
        yield where
    finally:
        Cluster(where.postgres).destroy()
        shutil.rmtree(root)


def lists(where: Places, *add: str) -> list[str]:
    """The names of the lists, as the application sees and adds to them."""
    with (
        Cluster(where.postgres) as cluster,
        psycopg.connect(cluster.conninfo_url("dnstats", roles.APP)) as connection,
    ):
        for name in add:
            connection.execute(LIST, [name])
        connection.execute("SELECT make_partition('site_runs', 7)")
        return [row[0] for row in connection.execute("SELECT name FROM site_lists ORDER BY 1")]


def test_what_was_backed_up_comes_back_and_can_be_worked_with(places: Places) -> None:
    lists(places, "before")
    backup(places, QUIET)
    (dump,) = (places.var / "backup").iterdir()
    assert dump.parent.stat().st_mode & 0o077 == 0
    assert lists(places, "after") == ["after", "before"]
    assert restore(places, dump, QUIET) == 0
    assert lists(places) == ["before"]
    assert lists(places, "again") == ["again", "before"]


def test_a_broken_dump_changes_nothing_and_says_so(places: Places) -> None:
    lists(places, "before")
    backup(places, QUIET)
    (dump,) = (places.var / "backup").iterdir()
    content = dump.read_bytes()
    for broken in (content[: len(content) // 2], b"", b"no dump"):
        dump.write_bytes(broken)
        with pytest.raises(StackFault, match="pg_restore failed"):
            restore(places, dump, QUIET)
    assert lists(places) == ["before"]


def test_a_dump_that_is_not_there_is_one_sentence(places: Places) -> None:
    with pytest.raises(StackFault, match="there is no such file"):
        restore(places, places.var / "nothing.dump", QUIET)
