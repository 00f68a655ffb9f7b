"""Partitions are made once, dropped at once, and touch no other run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import sqlalchemy as sa
from dnstats.db.bulk import copy_rows
from dnstats.db.models import Remark, Run, SiteRank
from dnstats.db.partitions import drop_run_partitions, make_run_partitions
from dnstats.lists.importing import fetch_file, import_list

COLUMNS = ("run_id", "rules_version", "rank", "code", "chunk", "site_id", "family", "severity",
           "points", "evidence")  # fmt: skip


def _remark(run_id: int, rank: int) -> tuple[object, ...]:
    return (run_id, 1, rank, "SPF001", 0, rank, "spf", "low", 5, "found")


def _count(database: sa.Connection) -> dict[int, int]:
    query = sa.select(Remark.run_id, sa.func.count()).group_by(Remark.run_id)
    return dict(map(tuple, database.execute(query)))


def test_dropping_one_run_leaves_the_others(database: sa.Connection) -> None:
    for run_id in (1, 2):
        make_run_partitions(database, run_id)
        make_run_partitions(database, run_id)  # again: no fault, no second partition
        copy_rows(database, Remark.__table__, COLUMNS, [_remark(run_id, n) for n in (1, 2, 3)])
    assert _count(database) == {1: 3, 2: 3}
    drop_run_partitions(database, 1)
    drop_run_partitions(database, 1)
    assert _count(database) == {2: 3}


def test_making_a_partition_keeps_nobody_waiting(engine: sa.Engine) -> None:
    """The import of a list holds its transaction for half a minute; scans go on meanwhile."""
    with engine.begin() as connection:
        make_run_partitions(connection, 1)
    with engine.connect() as importing, importing.begin(), engine.begin() as scanning:
        make_run_partitions(importing, 2)
        scanning.execute(sa.text("SET LOCAL lock_timeout = '1s'"))
        assert _count(scanning) == {}
        copy_rows(scanning, Remark.__table__, COLUMNS, [_remark(1, 1)])
        assert _count(scanning) == {1: 1}


def test_importing_a_list_keeps_nobody_waiting(engine: sa.Engine, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("1,a.example\n")
    (tmp_path / "two.csv").write_text("1,b.example\n")
    with engine.begin() as connection:
        known = import_list(connection, fetch_file(str(tmp_path / "one.csv")))
    with engine.connect() as importing, importing.begin(), engine.begin() as scanning:
        import_list(importing, fetch_file(str(tmp_path / "two.csv")))
        scanning.execute(sa.text("SET LOCAL lock_timeout = '1s'"))
        query = sa.select(SiteRank.rank).where(SiteRank.site_list_id == known.id)
        assert scanning.scalars(query).all() == [1]
        scanning.execute(
            sa.insert(Run).values(
                dag_run_id="x", day=dt.date(2026, 3, 4), source="dns", dns="lab", state="running",
                site_list_id=known.id, first_rank=1, last_rank=1, chunk_size=1, settings={},
                versions={}, started_at=dt.datetime(2026, 3, 4, tzinfo=dt.UTC),
            )
        )  # fmt: skip
