"""Alerts by Airflow's own means: callbacks of tasks and DAGs, and the deadline of a run.

    @dag(on_failure_callback=tell_failure("list_missing"), on_success_callback=end_of_run,
         deadline=deadline("run_late", hours))

One word for one incident: the first chunk of a run that fails is told at once, the others in the
run's end mail; a run whose end mail said why it is not published is not told again. A task that is
killed with -9 on its last try calls nothing, so only the run's own callback can be relied on.
Not a DAG: .airflowignore keeps the dag-processor from reading it as one.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from airflow.configuration import conf
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowFailException
from airflow_means import alert_webhook, database, smtp_server
from dnstats import settings
from dnstats.db.incidents import begin_incident, end_incidents
from dnstats.notify.alert import Alert, send_alert

log = logging.getLogger(__name__)

TOLD = "told"
"""The kind of incident that a run's end mail has told."""


def tell_failure(kind: str) -> Callable[[Any], None]:
    """A DAG's on_failure_callback; `kind` is one of dnstats.notify.alert.KINDS."""

    def tell(context: Mapping[str, Any]) -> None:
        dag_id, run_id = context["dag"].dag_id, context["run_id"]
        if TOLD in _end_incidents(dag_id, run_id):
            log.info("the end mail of %s told it already", run_id)
            return
        task = context.get("ti")
        why = str(context.get("reason") or "it failed").replace("_", " ")
        _send(kind, dag_id, run_id, why=f"Airflow says: {why}", task=task)

    return tell


def end_of_run(context: Mapping[str, Any]) -> None:
    """A DAG's on_success_callback: whatever was told about this run is over."""
    _end_incidents(context["dag"].dag_id, context["run_id"])


def tell_first_failed_chunk(context: Mapping[str, Any]) -> None:
    """A chunk task's on_failure_callback: tells the first of a run.

    Without the database nobody can know which is the first. Then none is told here: the run fails
    too, and is.
    """
    task = context["ti"]
    try:
        is_first = begin_incident(database(), "chunk_failed", task.dag_id, task.run_id)
    except Exception:
        log.exception("cannot tell whether this is the first failed chunk; the run's end tells it")
        return
    if is_first:
        why = _why(context.get("exception"))
        _send("chunk_failed", task.dag_id, task.run_id, why=why, task=task)


def _why(fault: object) -> str:
    if fault is None:
        return "it was ended from outside"
    # Our own refusals are sentences already.
    is_sentence = isinstance(fault, AirflowFailException)
    return str(fault) if is_sentence else f"{type(fault).__name__}: {fault}"


def told(dag_id: str, run_id: str) -> None:
    """Note that the run's end mail has told its failure."""
    try:
        begin_incident(database(), TOLD, dag_id, run_id)
    except Exception:
        log.exception("the failure of this run may be told twice")


def deadline(kind: str, hours: float) -> DeadlineAlert:
    """Tells a run that is not finished so many hours after it was due; it goes on."""
    # By the queue's clock: a triggered run has no logical date, a backfilled one an old one.
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=dt.timedelta(hours=hours),
        callback=SyncCallback(tell_late, kwargs={"kind": kind, "hours": hours}),
    )


def tell_late(kind: str, hours: float, context: Mapping[str, Any]) -> None:
    """What a missed deadline calls, in the executor; `context` is what the scheduler knows."""
    run = context["dag_run"]
    why = (
        f"it was due to begin at {_instant(run['queued_at'])} and is {run['state']} "
        f"{hours:g} hours later"
    )
    _send(kind, run["dag_id"], run["dag_run_id"], why=why)


def _instant(text: str | None) -> str:
    return (
        "an unknown time" if text is None else f"{dt.datetime.fromisoformat(text):%d %b %H:%M} UTC"
    )


def _send(kind: str, dag_id: str, run_id: str, *, why: str, task: Any = None) -> None:
    base = str(conf.get("api", "base_url", fallback="http://localhost:8080")).rstrip("/")
    run_link = f"{base}/dags/{quote(dag_id)}/runs/{quote(run_id)}"
    links = [("the run", run_link)]
    if task is not None:
        mapped = f"/mapped/{task.map_index}" if _is_mapped(task) else ""
        links.insert(0, ("the log", f"{run_link}/tasks/{quote(task.task_id)}{mapped}"))
    alert = Alert(
        kind=kind,
        dag_id=dag_id,
        dag_run_id=run_id,
        why=why,
        what=_name(task) if task is not None else "",
        links=tuple(links),
    )
    send_alert(alert, settings.load(), smtp_server(), alert_webhook())


def _is_mapped(task: Any) -> bool:
    return task.map_index is not None and task.map_index >= 0


def _name(task: Any) -> str:
    """`scan_chunk, ranks 1-10,000, map index 0`."""
    label = getattr(task, "rendered_map_index", None)
    index = f"map index {task.map_index}" if _is_mapped(task) else ""
    return ", ".join(part for part in (task.task_id, label, index) if part)


def _end_incidents(dag_id: str, run_id: str) -> set[str]:
    try:
        return end_incidents(database(), dag_id, run_id)
    except Exception:
        log.exception("cannot tell what was told about %s before", run_id)
        return set()
