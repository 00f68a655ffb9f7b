"""Which incidents somebody was told about, and what the tasks of a run said when they failed.

One word for one incident, whoever comes first: a hundred chunks that fail at the same time, on
several machines, are one incident of their run.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from dnstats.db.models import Incident

FAULT = "fault of "
"""Begins the kind of what one task said: `fault of process_chunk 3`."""


def begin_incident(database: sa.Engine, kind: str, dag_id: str, dag_run_id: str) -> bool:
    """Whether this is the first word about it; of any number of callers, one is told True."""
    statement = (
        insert(Incident)
        .values(kind=kind, dag_id=dag_id, dag_run_id=dag_run_id)
        .on_conflict_do_nothing()
        .returning(Incident.kind)
    )
    with database.begin() as connection:
        return connection.scalar(statement) is not None


def note_fault(
    database: sa.Engine,
    dag_id: str,
    dag_run_id: str,
    task_id: str,
    map_index: int,
    said: str | None,
) -> None:
    """Keep what a task said when it failed, until its run ends; None: it went well after all."""
    where = {
        "kind": f"{FAULT}{task_id} {map_index}", "dag_id": dag_id, "dag_run_id": dag_run_id,
    }  # fmt: skip
    with database.begin() as connection:
        if said is None:
            connection.execute(sa.delete(Incident).filter_by(**where))
        else:
            connection.execute(
                insert(Incident)
                .values(**where, said=said)
                .on_conflict_do_update(
                    index_elements=list(where), set_={"said": said, "told_at": sa.func.now()}
                )
            )


def faults(connection: sa.Connection, dag_run_id: str) -> dict[tuple[str, int], str]:
    """What tasks of a run said when they failed, by task and map index (-1: not mapped)."""
    rows = connection.execute(
        sa.select(Incident.kind, Incident.said)
        .where(Incident.dag_run_id == dag_run_id, Incident.kind.startswith(FAULT))
        .order_by(Incident.told_at, Incident.kind)
    )
    return {_task(kind): said or "" for kind, said in rows}


def end_incidents(
    database: sa.Engine, dag_id: str, dag_run_id: str, *, until: dt.datetime | None = None
) -> dict[str, str]:
    """What was told about this run, by kind, with what was said; what comes next is a new one.

    What was told after `until`, the run's end, is of what came next already, and stays.
    """
    statement = (
        sa.delete(Incident)
        .where(Incident.dag_id == dag_id, Incident.dag_run_id == dag_run_id)
        .returning(Incident.told_at, Incident.kind, Incident.said)
    )
    if until is not None:
        statement = statement.where(Incident.told_at <= until)
    with database.begin() as connection:
        rows = connection.execute(statement).all()
    return {kind: said or "" for _, kind, said in sorted(rows)}


def _task(kind: str) -> tuple[str, int]:
    task_id, _, map_index = kind.removeprefix(FAULT).rpartition(" ")
    return task_id, int(map_index)
