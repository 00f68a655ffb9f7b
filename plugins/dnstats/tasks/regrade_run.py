"""Grades a run again from its stored rows, and tells what that moved. Never touches the network.

The grades of other versions of the rules stay beside the new ones.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import sqlalchemy as sa

from dnstats.db.models import Chunk
from dnstats.db.movement import Movement, movement, version_before
from dnstats.db.queries import find_run, newest_run
from dnstats.grade.scale import RULES_VERSION
from dnstats.tasks.chunk_name import Refused
from dnstats.tasks.create_run import name_chunks
from dnstats.tasks.grade_chunk import grade_chunk

log = logging.getLogger(__name__)


def choose_run(connection: sa.Connection, name: str) -> int:
    """The id behind a number, Airflow's name of the run, or `latest`."""
    if name in ("", "latest"):
        run_id = newest_run(connection)
    elif name.isascii() and name.isdecimal() and len(name) < 19:
        run_id = connection.scalar(sa.text("SELECT id FROM runs WHERE id = :id"), {"id": int(name)})
    else:
        run_id = find_run(connection, name)
    if run_id is None and name in ("", "latest"):
        raise Refused("There is no run here yet: make one first (make run)")
    if run_id is None:
        raise Refused(
            f"There is no run {name!r} here: give the number of one, Airflow's name of it, or "
            "latest"
        )
    return run_id


def regrade_run(database: sa.Engine, run_id: int, say: Callable[[str], None] = log.info) -> None:
    """Grade every chunk that was read, each in a transaction of its own, in order."""
    with database.connect() as connection:
        rows = connection.execute(
            sa.select(Chunk.number, Chunk.first_rank, Chunk.last_rank, Chunk.processed_at)
            .where(Chunk.run_id == run_id)
            .order_by(Chunk.number)
        ).all()
    names = name_chunks(run_id, [(row.first_rank, row.last_rank) for row in rows])
    unread = [name["label"] for name, row in zip(names, rows, strict=True) if not row.processed_at]
    if len(unread) == len(rows):
        raise Refused(f"Run {run_id} has no chunk that was read: there is nothing to grade")
    for name, row in zip(names, rows, strict=True):
        if row.processed_at:
            grade_chunk(database, name)
            say(f"{name['label']}: graded by version {RULES_VERSION} of the rules")
    if unread:
        say(f"left out, for they were never read: {', '.join(unread)}")


def compare_versions(
    connection: sa.Connection, run_id: int, before: int | None = None
) -> Movement | None:
    """This version against `before`, or the one before it; None when there is none."""
    if before is None:
        before = version_before(connection, run_id, RULES_VERSION)
    return None if before is None else movement(connection, run_id, before, RULES_VERSION)
