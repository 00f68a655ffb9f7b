"""Finds the runs that say `running` and that Airflow has ended, or does not know any more."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable

import sqlalchemy as sa

from dnstats.db.interrupted import mark_interrupted, open_runs

log = logging.getLogger(__name__)


def settle_runs(
    database: sa.Engine, is_under_way: Callable[[str, str], bool], *, now: dt.datetime
) -> list[str]:
    """Mark them as interrupted; returns Airflow's names of them.

    is_under_way: of a flow and a run's name, whether Airflow has that run queued or running.
    """
    with database.connect() as connection:
        found = open_runs(connection)
    ended = [(dag_id, name) for dag_id, name in found if not is_under_way(dag_id, name)]
    with database.begin() as connection:
        settled = [
            name for dag_id, name in ended if mark_interrupted(connection, dag_id, name, now)
        ]
    for name in settled:
        log.warning("%s said that it is running, and Airflow has ended it: interrupted", name)
    return settled
