"""include/docs/data.md: every table, column and query in it is as it says."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from dnstats.answer import Reason
from dnstats.archive import SCHEMA
from dnstats.db.models import Base, Run, SiteList
from dnstats.report.sites_parquet import COLUMNS
from dnstats.settings import ROOT, Settings
from dnstats.tasks.grade_chunk import grade_chunk
from dnstats.tasks.notify_done import notify_done
from dnstats.tasks.process_chunk import process_chunk
from dnstats.tasks.publish_report import publish_report
from dnstats.tasks.reread_run import reread_run
from dnstats.tasks.scan_chunk import scan_chunk
from sqlalchemy.dialects import postgresql

from tests.tasks.conftest import NOW

PAGE = (ROOT / "include" / "docs" / "data.md").read_text("utf-8")
TABLES = (
    "runs", "chunks", "site_runs", "grades", "remarks", "site_lists", "site_ranks", "sites",
    "list_updates",
)  # fmt: skip


def _blocks(language: str, begins: str) -> list[str]:
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return [block for block in found if block.startswith(begins)]


@pytest.mark.parametrize("name", TABLES)
def test_every_column_of_a_table_is_told(name: str) -> None:
    table = Base.metadata.tables[name]
    part = PAGE.partition(f"### `{name}`\n")[2].partition("\n### ")[0]
    assert f"{table.comment}." in part
    for column in table.columns:
        kind = str(column.type.compile(postgresql.dialect())).lower()
        line = f"| `{column.name}` | {kind} | {column.comment or ''} |".replace("  |", " |")
        assert line in part.splitlines(), f"add to include/docs/data.md, at {name}: {line}"


def test_every_column_of_the_archive_is_told() -> None:
    for field in SCHEMA:
        line = f"| `{field.name}` | {field.type} | {field.metadata[b'comment'].decode()} |"
        assert line in PAGE.splitlines(), f"add to include/docs/data.md: {line}"


def test_every_reason_is_told() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert told >= {reason.value for reason in Reason}


def test_every_column_of_a_reports_parquet_is_told(two_runs: Settings) -> None:
    schema = pq.read_schema(two_runs.reports / "latest" / "sites.parquet")
    told = [field for field in schema if not field.name.startswith("grade_")]
    assert [field.name for field in told] == list(COLUMNS)
    for field in told:
        assert field.metadata[b"comment"].decode() == COLUMNS[field.name]
        kind = str(field.type).replace("element:", "item:")
        line = f"| `{field.name}` | {kind} | {COLUMNS[field.name]} |"
        assert line in PAGE.splitlines(), f"add to include/docs/data.md: {line}"


def test_the_package_describes_every_column_of_every_file(two_runs: Settings) -> None:
    home = two_runs.reports / "latest"
    package = json.loads((home / "datapackage.json").read_text("utf-8"))
    described = {one["path"]: one["schema"]["fields"] for one in package["resources"]}
    assert {path.relative_to(home).as_posix() for path in home.rglob("*.csv")} <= set(described)
    for path, fields in described.items():
        assert all(one["description"] and one["type"] for one in fields), path
        rows = duckdb.sql(f"SELECT * FROM '{home / path}'")
        assert rows.columns == [one["name"] for one in fields], path


@pytest.fixture
def two_runs(engine: sa.Engine, lab_settings: Settings, start_run: Any) -> Settings:
    """The practice internet's sites, scanned, and read again; one site lost DNSSEC meanwhile."""
    settings = Settings({"DNSTATS_VAR": str(lab_settings.var), "DNSTATS_GATE": "0"})
    chunks = start_run(last_rank=20, chunk_size=10)
    for chunk in chunks:
        scan_chunk(engine, lab_settings, chunk, now=NOW)
    again = reread_run(engine, settings, dag_run_id="backfill__1", day=NOW.date(), now=NOW)
    for chunk in [*chunks, *again]:
        process_chunk(engine, settings, chunk)
        grade_chunk(engine, chunk)
    changes = {"risen": [{"domain": "site1.net", "before": 9, "now": 2}]}
    with engine.begin() as connection:
        signed = (
            """UPDATE site_runs SET readings = jsonb_set(readings, '{dnssec,state}', '"secure"') """
            "WHERE run_id = %s"
        )
        connection.exec_driver_sql(signed, (chunks[0]["run_id"],))
        connection.execute(sa.update(SiteList).values(changes=changes, taken_at=NOW))
        connection.execute(sa.update(Run).values(dns="custom"))
    for name in ("manual__1", "backfill__1"):
        notify_done(engine, settings, name, None, now=NOW + dt.timedelta(hours=1))
    publish_report(engine, settings)
    return settings


def test_every_query_of_the_page_can_be_run_and_tells_something(
    engine: sa.Engine, two_runs: Settings, monkeypatch, capsys
) -> None:
    monkeypatch.chdir(two_runs.var)
    postgres, duck = _blocks("sql", "-- PostgreSQL"), _blocks("sql", "-- DuckDB")
    assert len(postgres) + len(duck) >= 6
    with engine.connect() as connection:
        for query in postgres:
            asked = query.replace("example.com", "site1.net")
            assert connection.exec_driver_sql(asked).all(), query
    for query in duck:
        assert duckdb.sql(query).fetchall(), query
    (script,) = _blocks("python", "import glob")
    exec(compile(script, "data.md", "exec"), {})
    assert "IN TXT" in capsys.readouterr().out


def test_the_last_pass_counts_in_the_archives_query(two_runs: Settings, monkeypatch) -> None:
    monkeypatch.chdir(two_runs.var)
    query = next(query for query in _blocks("sql", "-- DuckDB") if "QUALIFY" in query)
    asked = sum(row[1] for row in duckdb.sql(query).fetchall())
    rows = "SELECT DISTINCT filename, name, type, server, cd FROM 'archive/*/*/*/*/*.parquet'"
    assert asked == len(duckdb.sql(rows).fetchall())
    assert Path("archive").is_dir()
