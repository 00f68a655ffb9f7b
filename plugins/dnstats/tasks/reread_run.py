"""A backfill of a past day: the run whose archived answers are read and graded again.

Nobody can ask yesterday's DNS, so nothing here leads to a question.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from dnstats import archive
from dnstats.db.models import Chunk, Run
from dnstats.db.partitions import make_run_partitions
from dnstats.grade.scale import RULES_VERSION
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import ChunkName, Refused
from dnstats.tasks.create_run import name_chunks


def reread_run(
    database: sa.Engine, settings: Settings, *, dag_run_id: str, day: dt.date, now: dt.datetime
) -> list[ChunkName]:
    """Chunks that stand on the archive files of the run that asked DNS on `day`.

    Where several did, the one of the most sites, of these the newest: a small run by hand, or one
    of the practice internet, is not what the day was.
    """
    with database.begin() as connection:
        original = _find_original(connection, settings.archive, day)
        known = connection.execute(
            sa.select(Run.id, Run.rows_dropped_at)
            .where(Run.dag_run_id == dag_run_id)
            .with_for_update()
        ).one_or_none()
        if known is None:
            run_id = _copy_run(connection, original, dag_run_id, now)
        else:
            run_id = known.id
            if known.rows_dropped_at is not None:
                _begin_anew(connection, run_id, now)
        rows = connection.execute(
            sa.select(Chunk.first_rank, Chunk.last_rank)
            .where(Chunk.run_id == run_id)
            .order_by(Chunk.number)
        )
        return name_chunks(run_id, [(row.first_rank, row.last_rank) for row in rows])


def _find_original(connection: sa.Connection, where: str, day: dt.date) -> int:
    dropped: dt.datetime | None = None
    sites = (
        sa.select(sa.func.coalesce(sa.func.sum(Chunk.sites), 0))
        .where(Chunk.run_id == Run.id)
        .scalar_subquery()
    )
    # The lock keeps drop_old_runs from removing the files before it can see that they are read.
    runs = connection.execute(
        sa.select(Run.id, Run.answers_dropped_at)
        .where(Run.day == day, Run.source == "dns")
        .order_by(Run.dns == "lab", sites.desc(), Run.id.desc())
        .with_for_update(read=True, of=Run)
    )
    for run_id, dropped_at in runs.all():
        if dropped_at is not None:
            dropped = dropped_at
            continue
        paths = connection.scalars(sa.select(Chunk.archive).where(Chunk.run_id == run_id)).all()
        if paths and any(archive.has_chunk(where, path) for path in paths):
            found: int = run_id
            return found
    if dropped is not None:
        raise Refused(
            f"The archived answers of {day} were dropped on {dropped:%Y-%m-%d}, and a past day "
            "cannot be asked again: its summary and report are what is left."
        )
    raise Refused(
        f"There are no archived answers of {day}: a past day cannot be asked again, so only days "
        "that were scanned and are still kept can be backfilled."
    )


def _begin_anew(connection: sa.Connection, run_id: int, now: dt.datetime) -> None:
    """A run that was read again long ago, and whose rows were dropped since, gets rows again."""
    make_run_partitions(connection, run_id)
    connection.execute(
        sa.update(Run)
        .where(Run.id == run_id)
        .values(rows_dropped_at=None, state="running", started_at=now, ended_at=None)
    )


def _copy_run(connection: sa.Connection, original: int, dag_run_id: str, now: dt.datetime) -> int:
    kept = ("day", "dns", "site_list_id", "first_rank", "last_rank", "chunk_size", "settings")
    run = connection.execute(sa.select(Run.__table__).where(Run.id == original)).one()
    run_id: int | None = connection.scalar(
        sa.insert(Run)
        .values(
            dag_run_id=dag_run_id,
            source="archive",
            state="running",
            started_at=now,
            versions={**run.versions, "rules": RULES_VERSION, "reread_of_run": original},
            **{name: getattr(run, name) for name in kept},
        )
        .returning(Run.id)
    )
    assert run_id is not None
    make_run_partitions(connection, run_id)
    columns = ("number", "first_rank", "last_rank", "sites", "archive", "scanned_at", "scan_report")
    chunks = connection.execute(sa.select(Chunk.__table__).where(Chunk.run_id == original))
    rows = [{"run_id": run_id, **{name: getattr(row, name) for name in columns}} for row in chunks]
    connection.execute(sa.insert(Chunk), rows)
    return run_id
