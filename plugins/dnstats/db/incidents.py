"""Which incidents somebody was told about: one word for one incident, whoever comes first.

A hundred chunks that fail at the same time, on several machines, are one incident of their run.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from dnstats.db.models import Incident


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


def end_incidents(database: sa.Engine, dag_id: str, dag_run_id: str) -> set[str]:
    """The kinds that were told about this run; what comes next is a new incident."""
    statement = (
        sa.delete(Incident)
        .where(Incident.dag_id == dag_id, Incident.dag_run_id == dag_run_id)
        .returning(Incident.kind)
    )
    with database.begin() as connection:
        return set(connection.scalars(statement))
