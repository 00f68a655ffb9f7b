"""The steps that bench/grade.py measures, each in a process of its own; prints figures as JSON."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dnstats.db.connect import open_database
from dnstats.db.migrate import migrate
from dnstats.db.models import Chunk
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import ChunkName
from dnstats.tasks.create_run import create_run
from dnstats.tasks.run_request import read_request

TABLES = ("site_runs", "grades", "remarks")


def prepare(url: str, folder: Path, domains: list[str]) -> None:
    """A migrated database with one run of one chunk, whose answers are the bench's."""
    migrate(url)
    sites = folder / "list.csv"
    sites.write_text("".join(f"{rank},{name}\n" for rank, name in enumerate(domains, 1)))
    engine = open_database(url)
    settings = _settings(folder)
    request = read_request({"dns": "lab", "chunk_size": len(domains), "site_list": str(sites),
                            "resolvers": ["127.0.0.1"]}, settings)  # fmt: skip
    create_run(engine, settings, request, dag_run_id="bench", now=dt.datetime.now(dt.UTC))
    with engine.begin() as connection:
        archive = f"chunk-{len(domains)}.parquet"
        connection.execute(sa.update(Chunk).values(archive=archive))


def dump(url: str, folder: Path) -> None:
    """Every row of the chunk as text, in order, without what numbers the run."""
    folder.mkdir(exist_ok=True)
    with open_database(url).connect() as connection:
        driver: Any = connection.connection.driver_connection
        for table in TABLES:
            statement = f"COPY (SELECT * FROM {table} ORDER BY {_KEYS[table]}) TO STDOUT"  # noqa: S608
            with (
                gzip.open(folder / f"{table}.gz", "wb", 1) as file,
                driver.cursor() as cursor,
                cursor.copy(statement) as rows,
            ):
                for row in rows:
                    file.write(row)


_KEYS = {"site_runs": "rank", "grades": "rank, family", "remarks": "rank, code"}


def _settings(folder: Path) -> Settings:
    return Settings({"DNSTATS_VAR": str(folder), "DNSTATS_ARCHIVE": str(folder)})


@contextmanager
def measured(figures: dict[str, float]) -> Iterator[None]:
    """Puts CPU and wall seconds, and the process's peak memory, into `figures`."""
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    yield
    after = resource.getrusage(resource.RUSAGE_SELF)
    figures["cpu"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    figures["wall"] = time.monotonic() - start
    # Not ru_maxrss: that begins with the peak of the process that started this one.
    status = Path("/proc/self/status").read_text()
    figures["peak_mb"] = int(status.partition("VmHWM:")[2].split()[0]) / 1024


Figures = dict[str, float]


def process(url: str, folder: Path, _count: int) -> Figures:
    """The task as Airflow runs it."""
    from dnstats.tasks.process_chunk import process_chunk

    engine, figures = open_database(url), {}
    with measured(figures):
        process_chunk(engine, _settings(folder), _CHUNK)
    return figures | _counted(engine, "site_runs")


def grade(url: str, _folder: Path, _count: int) -> Figures:
    """The task as Airflow runs it."""
    from dnstats.tasks.grade_chunk import grade_chunk

    engine, figures = open_database(url), {}
    with measured(figures):
        grade_chunk(engine, _CHUNK)
    return figures | _counted(engine, "grades", "remarks")


def decode(_url: str, folder: Path, count: int) -> Figures:
    """`dns.message.from_wire` of every message of the archive."""
    import dns.exception
    import dns.message
    import pyarrow.parquet

    figures: Figures = {}
    with measured(figures):
        file = folder / f"chunk-{count}.parquet"
        messages = pyarrow.parquet.read_table(file, columns=["message"]).column(0).to_pylist()
        decoded = 0
        for message in messages:
            if message:
                with suppress(dns.exception.DNSException, ValueError):
                    dns.message.from_wire(message)
                decoded += 1
    return figures | {"count": decoded}


def copy_site_runs(url: str, _folder: Path, _count: int) -> Figures:
    """COPY of the rows that `process` made into a table without any index."""
    return _copy(url, ("site_runs",))


def copy_grades(url: str, _folder: Path, _count: int) -> Figures:
    """COPY of the rows that `grade` made into tables without any index."""
    return _copy(url, ("grades", "remarks"))


def _copy(url: str, tables: tuple[str, ...]) -> Figures:
    figures: Figures = {}
    with open_database(url).connect() as connection:
        driver: Any = connection.connection.driver_connection
        cursor = driver.cursor()
        blocks = {}
        for table in tables:
            with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT") as rows:  # noqa: S608
                blocks[table] = b"".join(rows)
            cursor.execute(f"CREATE TEMPORARY TABLE floor_{table} (LIKE {table})")
        with measured(figures):
            for table in tables:
                with cursor.copy(f"COPY floor_{table} FROM STDIN") as copy:
                    copy.write(blocks[table])
        figures["count"] = sum(block.count(b"\n") for block in blocks.values())
        driver.rollback()
    return figures


def _counted(engine: sa.Engine, *tables: str) -> Figures:
    with engine.connect() as connection:
        counts = [connection.scalar(sa.text(f"SELECT count(*) FROM {t}")) for t in tables]  # noqa: S608
    return {"count": sum(count or 0 for count in counts)}


_CHUNK = ChunkName(run_id=1, number=0, label="bench")

STEPS: dict[str, Callable[[str, Path, int], Figures]] = {
    step.__name__: step for step in (process, grade, decode, copy_site_runs, copy_grades)
}

if __name__ == "__main__":
    _, step, url, folder, count = sys.argv
    print(json.dumps(STEPS[step](url, Path(folder), int(count))))
