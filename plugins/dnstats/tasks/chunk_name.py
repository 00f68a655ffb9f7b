"""What travels between tasks: a chunk's name, never its data; how its stages begin and end."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypedDict

import sqlalchemy as sa

from dnstats.db.interrupted import resume_run
from dnstats.db.models import Chunk, Run, SiteName, SiteRank
from dnstats.records.record import Site

LATEST = dt.timedelta(hours=24)
"""How long after its run began a chunk may still be asked: later answers are another day's."""


class ChunkName(TypedDict):
    """A chunk of a run; `label` is what the operator reads in the UI."""

    run_id: int
    number: int
    label: str


class Refused(Exception):
    """The task cannot be done, now or later, as it was asked for; one sentence says why.

    Trying again would change nothing, so the flow must not.
    """


def chunk_label(first_rank: int, last_rank: int) -> str:
    """`ranks 1-10,000`."""
    return f"ranks {first_rank:,}-{last_rank:,}"


def load_chunk(connection: sa.Connection, chunk: ChunkName, *, lock: bool = False) -> sa.Row[Any]:
    """The chunk's row joined with its run's; `Refused` when it is gone.

    `lock` makes a second attempt at the same chunk wait until this transaction ends.
    """
    columns: tuple[Any, ...] = (
        Chunk.run_id, Chunk.number, Chunk.first_rank, Chunk.last_rank, Chunk.sites, Chunk.archive,
        Chunk.scan_begun_at, Chunk.scanned_at, Chunk.processed_at, Run.source, Run.settings,
        Run.site_list_id, Run.day, Run.started_at, Run.rows_dropped_at,
    )  # fmt: skip
    query = (
        sa.select(*columns)
        .join(Run, Run.id == Chunk.run_id)
        .where(Chunk.run_id == chunk["run_id"], Chunk.number == chunk["number"])
    )
    row = connection.execute(query.with_for_update(of=Chunk) if lock else query).one_or_none()
    if row is None:
        raise Refused(
            f"chunk {chunk['number']} of run {chunk['run_id']} is not in the database: clear "
            "create_run with everything downstream"
        )
    return row


def refuse_dropped(run_id: int, day: dt.date, rows_dropped_at: dt.datetime | None) -> None:
    """`Refused` for a run of which only the summary is left: writing it anew would empty that."""
    if rows_dropped_at is not None:
        raise Refused(
            f"The rows of run {run_id} were dropped on {rows_dropped_at:%Y-%m-%d}; its summary and "
            f"report stand. To have rows of {day} again, backfill that day from its archive."
        )


STAGES = ("scanned_at", "processed_at", "graded_at")


def begin_stage(database: sa.Engine, chunk: ChunkName, stage: str) -> sa.Row[Any]:
    """Mark the stage and those behind it as not done, and load the chunk.

    Whatever kills the task from here on, notify_done sees a chunk that is not graded.
    """
    with database.begin() as connection:
        # Not for grade_chunk, which `make regrade` calls outside of any run.
        if stage != "graded_at":
            resume_run(connection, chunk["run_id"])
        row = load_chunk(connection, chunk, lock=True)
        refuse_dropped(chunk["run_id"], row.day, row.rows_dropped_at)
        undone: dict[str, Any] = dict.fromkeys(STAGES[STAGES.index(stage) :])
        if stage == "scanned_at":
            undone["scan_begun_at"] = sa.func.clock_timestamp()
        connection.execute(_update(chunk).values(**undone))
        return load_chunk(connection, chunk) if stage == "scanned_at" else row


RESTS_ON = {
    "scanned_at": ("scan_begun_at",),
    "processed_at": ("scan_begun_at", "scanned_at"),
    "graded_at": ("processed_at",),
}
"""What must not change while a stage is under way."""


def hold_chunk(connection: sa.Connection, chunk: ChunkName, begun: sa.Row[Any], stage: str) -> None:
    """Hold the chunk until the transaction ends, if what the stage rests on is as when it began.

    `begun`: what `begin_stage` gave. `Refused` when the stage before it was begun or ended since,
    or the chunk's scan was begun anew while an older one, which Airflow took for ended, went on:
    what rests on something older must never pass for what is of now.
    """
    row = load_chunk(connection, chunk, lock=True)
    refuse_dropped(chunk["run_id"], row.day, row.rows_dropped_at)
    if any(getattr(row, name) != getattr(begun, name) for name in RESTS_ON[stage]):
        again, task = {
            "scanned_at": ("asked", "scan_chunk"),
            "processed_at": ("asked", "process_chunk"),
            "graded_at": ("read", "grade_chunk"),
        }[stage]
        raise Refused(
            f"{chunk['label']} was {again} again meanwhile: when that is done, clear {task}, with "
            "downstream"
        )


def end_stage(
    connection: sa.Connection, chunk: ChunkName, stage: str, now: dt.datetime, **values: Any
) -> None:
    """Mark the stage as done, in the transaction that wrote its rows, and those behind it as not.

    They are not already, unless one of them went on while this one was under way.
    """
    undone: dict[str, None] = dict.fromkeys(STAGES[STAGES.index(stage) + 1 :])
    connection.execute(_update(chunk).values(**{stage: now}, **undone, **values))


def _update(chunk: ChunkName) -> sa.Update:
    return sa.update(Chunk).where(Chunk.run_id == chunk["run_id"], Chunk.number == chunk["number"])


def load_sites(connection: sa.Connection, row: sa.Row[Any]) -> list[tuple[int, Site]]:
    """The sites of a chunk's ranks with their ids, in the order of the list.

    `Refused` when the list has not what it had: fewer rows must never pass for a chunk.
    """
    query = (
        sa.select(SiteName.id, SiteRank.rank, SiteName.domain)
        .join(SiteName, SiteName.id == SiteRank.site_id)
        .where(
            SiteRank.site_list_id == row.site_list_id,
            SiteRank.rank.between(row.first_rank, row.last_rank),
        )
        .order_by(SiteRank.rank)
    )
    sites = [(site_id, Site(rank, name)) for site_id, rank, name in connection.execute(query)]
    if len(sites) != row.sites:
        label = chunk_label(row.first_rank, row.last_rank)
        raise Refused(
            f"{len(sites):,} of the {row.sites:,} sites of {label} stand in the site list: its "
            "ranks were dropped. Trigger a new run."
        )
    return sites
