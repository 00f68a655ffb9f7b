"""Rows of runs that say `running`, and what becomes of them when Airflow has ended their run.

A run is counted by its own last task. One that was ended before that, by a kill, by hand, or by
being deleted, cannot say so itself: whoever knows says it here.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from dnstats.db.models import ListUpdate, Run

TABLES: dict[str, type[Run] | type[ListUpdate]] = {"daily_scan": Run, "update_sites": ListUpdate}
"""Airflow's name of a flow, and the rows of its runs."""

RUNNING, INTERRUPTED = "running", "interrupted"


def open_runs(connection: sa.Connection) -> list[tuple[str, str]]:
    """Flow and Airflow's name of every run whose row says that it is running."""
    return [
        (dag_id, name)
        for dag_id, table in TABLES.items()
        for name in connection.scalars(
            sa.select(table.dag_run_id).where(table.state == RUNNING).order_by(table.id)
        )
    ]


def mark_interrupted(
    connection: sa.Connection, dag_id: str, dag_run_id: str, when: dt.datetime
) -> bool:
    """Have the run's row say that it was ended before it was counted; whether it said `running`.

    `when` it ended, or was found to have.
    """
    table = TABLES.get(dag_id)
    if table is None:
        return False
    values: dict[str, object] = {"state": INTERRUPTED, "ended_at": when}
    if table is ListUpdate:
        values["said"] = "it was interrupted before it could tell what became of the list"
    changed = connection.execute(
        sa.update(table)
        .where(table.dag_run_id == dag_run_id, table.state == RUNNING)
        .values(**values)
    )
    return changed.rowcount > 0


def resume_run(connection: sa.Connection, run_id: int) -> None:
    """A run that was interrupted is under way again: one of its tasks was cleared."""
    connection.execute(
        sa.update(Run)
        .where(Run.id == run_id, Run.state == INTERRUPTED)
        .values(state=RUNNING, ended_at=None)
    )
