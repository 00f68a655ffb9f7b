"""The steps that bench/million.py measures, each in a process of its own; prints figures as JSON.

A step's first sentence is its title in the table.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import million_names
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa
from dnstats.db.connect import open_database
from dnstats.db.models import Chunk, Run
from dnstats.settings import ROOT, Settings
from dnstats.tasks.chunk_name import ChunkName
from dnstats.tasks.create_run import create_run
from dnstats.tasks.run_request import read_request

FIRST_DAY = dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
OLD_DAYS = 35
ROWS = ("site_runs", "grades", "remarks")

Figures = dict[str, float]


class Bench(NamedTuple):
    """What every step is told."""

    url: str
    folder: str
    base: str
    chunks: int
    sites: int  # of a chunk
    read: int

    @property
    def database(self) -> sa.Engine:
        return open_database(self.url)

    @property
    def settings(self) -> Settings:
        return Settings({"DNSTATS_VAR": self.folder, "DNSTATS_GATE": "80"})

    @property
    def total(self) -> int:
        return self.chunks * self.sites


@contextmanager
def measured(figures: Figures) -> Iterator[None]:
    """Adds CPU and wall seconds to `figures`, and puts the process's peak memory there."""
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    yield
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    figures["cpu"] = figures.get("cpu", 0) + cpu
    figures["wall"] = figures.get("wall", 0) + time.monotonic() - start
    status = Path("/proc/self/status").read_text()
    figures["peak_mb"] = int(status.partition("VmHWM:")[2].split()[0]) / 1024


def list_1(bench: Bench) -> Figures:
    """Import of the list by update_sites."""
    return _take_list(bench, million_names.first_day, 1)


def list_2(bench: Bench) -> Figures:
    """The next day's list, compared with it."""
    return _take_list(bench, million_names.second_day, 2)


def _take_list(
    bench: Bench, names: Callable[[list[str], int], Iterable[str]], number: int
) -> Figures:
    from dnstats.tasks.import_sites import import_sites
    from dnstats.tasks.update_request import read_update_request

    path = Path(bench.folder) / f"list-{number}.csv"
    base = million_names.base_names(bench.sites)
    with path.open("w") as file:
        for rank, name in enumerate(names(base, bench.chunks), 1):
            file.write(f"{rank},{name}\n")
    figures: Figures = {}
    request = read_update_request({"source": str(path), "at_least": 1}, bench.settings)
    now = FIRST_DAY + (number - 1) * DAY - dt.timedelta(hours=7)
    with measured(figures):
        import_sites(bench.database, bench.settings, request, dag_run_id=f"list {number}", now=now)
    return figures | {"sites": bench.total}


def create_1(bench: Bench) -> Figures:
    """create_run."""
    return _create(bench, 1)


def create_2(bench: Bench) -> Figures:
    """create_run of the next day."""
    return _create(bench, 2)


def _create(bench: Bench, number: int) -> Figures:
    figures: Figures = {}
    asked = {"dns": "custom", "chunk_size": bench.sites, "resolvers": ["127.0.0.1"]}
    request = read_request(asked, bench.settings)
    with measured(figures):
        chunks = create_run(
            bench.database, bench.settings, request, dag_run_id=f"day {number}",
            now=FIRST_DAY + (number - 1) * DAY,
        )  # fmt: skip
    return figures | {"chunks": len(chunks)}


def archives_1(bench: Bench) -> Figures:
    """Archive files: the base's answers under the names of each chunk that is read."""
    figures: Figures = {}
    with measured(figures):
        base = pq.read_table(bench.base)
        for number in range(bench.chunks):
            path = _archive_path(bench, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            if number % bench.read:
                shutil.copyfile(_archive_path(bench, number - number % bench.read), path)
            else:
                _write_renamed(base, number, path)
    return figures | {"files": bench.chunks}


def rows_1(bench: Bench) -> Figures:
    """process_chunk and grade_chunk, every so-many-eth; the others copied by SQL."""
    from dnstats.tasks.grade_chunk import grade_chunk
    from dnstats.tasks.process_chunk import process_chunk

    figures: Figures = {}
    each: dict[str, list[float]] = {"process": [], "grade": []}
    for number in range(bench.chunks):
        chunk = ChunkName(run_id=1, number=number, label=f"chunk {number}")
        if number % bench.read:
            _copy_chunk(bench, number - number % bench.read, number)
            continue
        work = {
            "process": lambda c=chunk: process_chunk(bench.database, bench.settings, c),
            "grade": lambda c=chunk: grade_chunk(bench.database, c),
        }
        for step, act in work.items():
            one: Figures = {}
            with measured(one):
                act()
            each[step].append(one["cpu"])
            figures = {key: figures.get(key, 0) + value for key, value in one.items()}
            figures["peak_mb"] = one["peak_mb"]
        print(f"  chunk {number}: {each['process'][-1]:.2f} {each['grade'][-1]:.2f}", flush=True,
              file=sys.stderr)  # fmt: skip
    for step, cpu in each.items():
        figures |= {f"{step}_first_cpu": cpu[0], f"{step}_last_cpu": cpu[-1]}
    return figures | {"chunks_read": len(each["process"])}


def _archive_path(bench: Bench, number: int) -> Path:
    with bench.database.connect() as connection:
        path = connection.scalar(
            sa.select(Chunk.archive).where(Chunk.run_id == 1, Chunk.number == number)
        )
    return Path(bench.settings.archive) / str(path)


def _write_renamed(base: pa.Table, number: int, path: Path) -> None:
    """The base's answers under the names of another chunk."""
    names = pc.replace_substring_regex(base["name"], r"(\d{4})x00", rf"\1x{number:02d}")
    messages = [
        million_names.renamed_bytes(one, number) if one else one
        for one in base["message"].to_pylist()
    ]
    table = base.set_column(base.schema.get_field_index("name"), base.schema.field("name"), names)
    place = base.schema.get_field_index("message")
    table = table.set_column(place, base.schema.field("message"), pa.array(messages, pa.binary()))
    pq.write_table(table, path, compression="zstd")


def _copy_chunk(bench: Bench, source: int, number: int) -> None:
    """The rows of a chunk that was read, as those of another."""
    shift = (number - source) * bench.sites
    values = {
        "shift": shift, "source": source, "number": number, "old": f"x{source:02d}",
        "new": f"x{number:02d}",
    }  # fmt: skip
    renamed = r"regexp_replace({}, '(\d{{4}})' || :old, '\1' || :new, 'g')"
    target = "JOIN site_ranks AS its ON its.site_list_id = 1 AND its.rank = {}.rank + :shift"
    statements = (
        f"""INSERT INTO site_runs
            SELECT run_id, its.rank, :number, its.site_id, sites.domain, status, is_measured,
                   dns_provider, mail_provider, mail_gateway, questions, not_measured,
                   CAST({renamed.format("CAST(readings AS text)")} AS jsonb)
              FROM site_runs {target.format("site_runs")} JOIN sites ON sites.id = its.site_id
             WHERE run_id = 1 AND chunk = :source""",  # noqa: S608
        f"""INSERT INTO grades
            SELECT run_id, rules_version, its.rank, family, :number, its.site_id, grade, letter,
                   why_none, abstained
              FROM grades {target.format("grades")}
             WHERE run_id = 1 AND chunk = :source""",  # noqa: S608
        f"""INSERT INTO remarks
            SELECT run_id, rules_version, its.rank, code, :number, its.site_id, family, severity,
                   points, {renamed.format("evidence")}
              FROM remarks {target.format("remarks")}
             WHERE run_id = 1 AND chunk = :source""",  # noqa: S608
        """UPDATE chunks SET (scanned_at, processed_at, graded_at) = (now(), now(), now())
            WHERE run_id = 1 AND number = :number""",
    )
    with bench.database.begin() as connection:
        for statement in statements:
            query = sa.text(statement)
            used = {name: values[name] for name in query.compile().params}
            connection.execute(query.bindparams(**used))


def rows_2(bench: Bench) -> Figures:
    """Rows of the next day by SQL: some sites changed, some were not measured.

    A site that is new in the list gets what the one had at whose rank it stands.
    """
    statements = (
        "SET LOCAL work_mem = '256MB'",
        """CREATE TEMPORARY TABLE origin ON COMMIT DROP AS
           SELECT now.rank, now.site_id, domain, COALESCE(same.rank, now.rank) AS old
             FROM site_ranks AS now JOIN sites ON sites.id = now.site_id
             LEFT JOIN site_ranks AS same ON same.site_list_id = 1 AND same.site_id = now.site_id
            WHERE now.site_list_id = 2""",
        "ANALYZE origin",
        """INSERT INTO site_runs
           SELECT 2, origin.rank, (origin.rank - 1) / :sites, origin.site_id, origin.domain, status,
                  is_measured, dns_provider,
                  CASE WHEN mod(old, 400) = 1 THEN 'Google' ELSE mail_provider END, mail_gateway,
                  questions, not_measured,
                  CASE WHEN mod(old, 300) = 2 AND readings#>>'{dmarc,policy}' = 'none'
                       THEN jsonb_set(readings, '{dmarc,policy}', '"reject"')
                       WHEN mod(old, 500) = 3 THEN readings || '{"spf": null}'
                       WHEN mod(old, 100) = 4 THEN readings || '{"caa": {"is": "notmeasured"}}'
                       ELSE readings END
             FROM site_runs JOIN origin ON origin.old = site_runs.rank WHERE run_id = 1""",
        """INSERT INTO grades
           SELECT 2, rules_version, origin.rank, family, (origin.rank - 1) / :sites, origin.site_id,
                  CASE WHEN mod(old, 500) = 3 AND family = 'spf' THEN 0 ELSE grade END,
                  CASE WHEN mod(old, 500) = 3 AND family = 'spf' THEN 'F' ELSE letter END,
                  why_none, abstained
             FROM grades JOIN origin ON origin.old = grades.rank WHERE run_id = 1""",
        """INSERT INTO remarks
           SELECT 2, rules_version, origin.rank, code, (origin.rank - 1) / :sites, origin.site_id,
                  family, severity, points, evidence
             FROM remarks JOIN origin ON origin.old = remarks.rank WHERE run_id = 1""",
        """UPDATE chunks SET (scanned_at, processed_at, graded_at) = (now(), now(), now())
            WHERE run_id = 2""",
    )
    figures: Figures = {}
    with measured(figures), bench.database.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace(":sites", str(bench.sites)))
    return figures


def done_1(bench: Bench) -> Figures:
    """notify_done: the gate."""
    return _done(bench, 1)


def done_2(bench: Bench) -> Figures:
    """notify_done of the next day."""
    return _done(bench, 2)


def _done(bench: Bench, number: int) -> Figures:
    from dnstats.tasks.notify_done import notify_done

    figures: Figures = {}
    now = FIRST_DAY + (number - 1) * DAY + dt.timedelta(hours=6)
    with measured(figures):
        notify_done(bench.database, bench.settings, f"day {number}", None, now=now)
    return figures


def publish_1(bench: Bench) -> Figures:
    """publish_report."""
    return _publish(bench, 1)


def publish_2(bench: Bench) -> Figures:
    """publish_report of the next day, with trend and changes."""
    return _publish(bench, 2)


def _publish(bench: Bench, number: int) -> Figures:
    from dnstats.tasks.publish_report import publish_report

    figures: Figures = {}
    with measured(figures):
        page = publish_report(bench.database, bench.settings, number)
    home = page.parent.resolve()
    shards = [path.stat().st_size for path in (home / "sites").glob("*.gz")]
    return figures | {
        "report_mb": _size(home) / 1e6,
        "lists_mb": _size(home / "lists") / 1e6,
        "look_up_mb": sum(shards) / 1e6,
        "look_up_files": len(shards),
        "largest_of_them_kb": max(shards) / 1e3,
        "index_kb": (home / "sites" / "index.json").stat().st_size / 1e3,
        "page_kb": page.stat().st_size / 1e3,
        "manifest_kb": (home / "manifest.json").stat().st_size / 1e3,
    }


def queries(bench: Bench) -> Figures:
    """The slowest of data.md's queries in PostgreSQL, and a look at one site."""
    from dnstats.db.stored_site import find_site

    text = (ROOT / "include" / "docs" / "data.md").read_text("utf-8")
    blocks = re.findall(r"```sql\n-- PostgreSQL\n(.*?)```", text, re.DOTALL)
    domain = million_names.renamed(million_names.base_names(bench.sites)[77], bench.chunks - 1)
    figures: Figures = {}
    told: Figures = {}
    with measured(figures), bench.database.connect() as connection:
        for number, query in enumerate(blocks, 1):
            start = time.monotonic()
            found = connection.exec_driver_sql(query.replace("example.com", domain)).all()
            told[f"query_{number}_s"] = time.monotonic() - start
            told[f"query_{number}_rows"] = len(found)
        start = time.monotonic()
        assert find_site(connection, 1, domain) is not None
        told["find_site_ms"] = 1000 * (time.monotonic() - start)
    return figures | told


def sizes(bench: Bench) -> Figures:
    """Bytes a site on the disk."""
    figures: Figures = {"cpu": 0, "wall": 0}
    with bench.database.connect() as connection:
        for table in ROWS:
            found = connection.scalar(sa.text(f"SELECT pg_total_relation_size('{table}_p1')"))
            figures[f"{table}_a_site"] = found / bench.total
        found = connection.scalar(sa.text("SELECT pg_total_relation_size('site_ranks_p1')"))
        figures["ranks_a_site"] = found / bench.total
        query = "SELECT pg_total_relation_size('sites') / count(*)::float8 FROM sites"
        figures["name_of_a_site"] = connection.scalar(sa.text(query))
        query = "SELECT sum(pg_column_size(changes)) FROM site_lists"
        figures["changes_of_a_list_kb"] = float(connection.scalar(sa.text(query))) / 1e3
    figures["archive_a_site"] = _size(Path(bench.settings.archive)) / bench.total
    return figures


def old_days(bench: Bench) -> Figures:
    """Small runs of past days, each with a list of its own."""
    figures: Figures = {}
    with measured(figures):
        for number in range(OLD_DAYS):
            path = Path(bench.folder) / f"old-{number}.csv"
            path.write_text("".join(f"{rank},old{number}-{rank}.com\n" for rank in range(1, 1001)))
            asked = {
                "dns": "custom", "chunk_size": 100, "resolvers": ["127.0.0.1"],
                "site_list": str(path),
            }  # fmt: skip
            request = read_request(asked, bench.settings)
            create_run(
                bench.database, bench.settings, request, dag_run_id=f"old {number}",
                now=FIRST_DAY - (200 + number) * DAY,
            )  # fmt: skip
            path.unlink()
    with bench.database.begin() as connection:
        connection.execute(sa.update(Run).where(Run.dag_run_id.like("old %")).values(state="done"))
        connection.exec_driver_sql("UPDATE site_lists SET imported_at = '2026-01-01' WHERE id > 2")
    return figures | {"runs": OLD_DAYS}


def drop_old(bench: Bench) -> Figures:
    """drop_old_runs of many past days beside the two large ones."""
    return _drop(bench, FIRST_DAY + DAY)


def drop_million(bench: Bench) -> Figures:
    """drop_old_runs of the two large ones, answers and all."""
    return _drop(bench, FIRST_DAY + 400 * DAY)


def _drop(bench: Bench, now: dt.datetime) -> Figures:
    from dnstats.tasks.drop_old_runs import drop_old_runs
    from dnstats.tasks.drop_request import read_drop_request

    request = read_drop_request({}, bench.settings, is_manual=False)
    figures: Figures = {}
    with measured(figures):
        drops = drop_old_runs(bench.database, bench.settings, request, None, now=now)
    freed = sum(one.bytes for one in drops)
    return figures | {"things": len(drops), "freed_mb": freed / 1e6}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


STEPS: dict[str, Callable[[Bench], Figures]] = {
    step.__name__: step
    for step in (
        list_1, create_1, archives_1, rows_1, done_1, publish_1, list_2, create_2, rows_2, done_2,
        publish_2, queries, sizes, old_days, drop_old, drop_million,
    )
}  # fmt: skip

if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="  %(message)s")
    _, step, told = sys.argv
    print(json.dumps(STEPS[step](Bench(**json.loads(told)))))
