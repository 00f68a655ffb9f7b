"""The runs of a rehearsal: triggered through Airflow's API, watched, and their rows compared."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import psycopg
from dnstats.stack.airflow_api import AirflowApi
from dnstats.stack.fault import StackFault
from dnstats.stack.run import PUBLISH, SCAN
from dnstats.stack.watching import failures, follow, follow_caused

RUN_SECONDS = 1800.0
TABLES = {
    "site_runs": "rank, chunk, domain, status, is_measured, dns_provider, mail_provider, "
    "mail_gateway, questions, not_measured, readings",
    "grades": "rank, rules_version, family, chunk, grade, letter, why_none, abstained",
    "remarks": "rank, rules_version, code, chunk, family, severity, points, evidence",
}


CLOCK = {"ttl", "left"}


class Drive(NamedTuple):
    """A run that ended well: its tasks, and how long it took."""

    run_id: str
    tasks: list[dict[str, Any]]
    seconds: float
    report: str  # state of the publish_report run that it caused


def scan(
    api: AirflowApi, sites: int, chunk: int, check: Callable[[], None], note: str,
    midway: Callable[[list[dict[str, Any]]], None] | None = None,
) -> Drive:  # fmt: skip
    """One run of daily_scan, to its report; `midway` sees its tasks again and again."""
    began = time.monotonic()
    run_id = api.trigger(
        SCAN, {"first_rank": 1, "last_rank": sites, "chunk_size": chunk, "dns": "lab"}, note
    )

    def look(_: object) -> None:
        if midway is not None:
            midway(api.task_instances(SCAN, run_id))
        if time.monotonic() - began > RUN_SECONDS:
            raise StackFault(f"{run_id} has not ended after {RUN_SECONDS:.0f} s")

    state = follow(api, SCAN, run_id, look, check)
    if state != "success":
        raise StackFault(f"{run_id} {state}: {'; '.join(failures(api, SCAN, run_id))}")
    seconds = time.monotonic() - began
    published = follow_caused(api, (SCAN, run_id), PUBLISH, check, 300)
    tasks = api.task_instances(SCAN, run_id)
    return Drive(run_id, tasks, seconds, published[1] if published else "none")


def by_queue(tasks: list[dict[str, Any]]) -> Counter[tuple[str, str, str, str]]:
    """Task instances by task, queue, the host of the worker that did it, and state."""
    return Counter((t["task_id"], t["queue"], t["hostname"] or "", t["state"]) for t in tasks)


def rows(database: str, run_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """What a run left in the bulk tables, without its own number, in a fixed order."""
    with psycopg.connect(database) as connection:
        found = connection.execute("SELECT id FROM runs WHERE dag_run_id = %s", [run_id]).fetchone()
        assert found is not None
        return {
            table: sorted(
                (
                    tuple(map(without_clock, row))
                    for row in connection.execute(
                        f"SELECT {columns} FROM {table} WHERE run_id = %s".encode(),  # noqa: S608
                        [found[0]],
                    )
                ),
                key=repr,
            )
            for table, columns in TABLES.items()
        }


def without_clock(value: Any) -> Any:
    """The value without what only tells when it was asked.

    `ttl` of an answer counts down in the resolver's cache; `left` is a signature's time to run.
    """
    if isinstance(value, dict):
        return {key: without_clock(one) for key, one in value.items() if key not in CLOCK}
    return [without_clock(one) for one in value] if isinstance(value, list) else value


def sizes(database: str) -> dict[str, int]:
    """Bytes on disk of the bulk tables and their indexes, all runs."""
    query = (
        "SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits "
        "WHERE inhparent = %s::regclass"
    )
    with psycopg.connect(database) as connection:
        found = {table: connection.execute(query, [table]).fetchone() for table in TABLES}
    return {f"table {table}": row[0] for table, row in found.items() if row is not None}


def summary(database: str, run_id: str) -> dict[str, Any]:
    """The run's own figures, and the reasons of what was not measured."""
    with psycopg.connect(database) as connection:
        found = connection.execute(
            "SELECT summary, started_at, ended_at FROM runs WHERE dag_run_id = %s", [run_id]
        ).fetchone()
        assert found is not None
        return dict(found[0])
