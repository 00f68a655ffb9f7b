"""Alerts by Airflow's own means: callbacks of tasks and DAGs, and the deadline of a run.

    @dag(on_failure_callback=tell_failure("list_missing"), on_success_callback=end_of_run,
         deadline=deadline("run_late", by, hours))

    @task
    @noted
    def box(): ...

One word for one incident: the first chunk of a run that fails is told at once, the others in the
run's end mail; a run whose end mail said why it is not published is not told again. Every alert
quotes what the task said. A task that is killed with -9 on its last try calls nothing (3.3.2): of
such a chunk the end mail tells, of any other task the run's own callback.
Not a DAG: .airflowignore keeps the dag-processor from reading it as one.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from airflow.configuration import conf
from airflow.sdk import get_current_context
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    AirflowTaskTimeout,
)
from airflow_means import alert_webhook, database, smtp_server
from dnstats import settings
from dnstats.db.incidents import FAULT, begin_incident, end_incidents, note_fault
from dnstats.db.interrupted import mark_interrupted
from dnstats.db.queries import chunks_graded
from dnstats.notify.alert import Alert, send_alert
from dnstats.notify.fault import fault_line
from dnstats_ui import RunDue

log = logging.getLogger(__name__)

TOLD = "told"
"""The kind of incident that a run's end mail has told."""
NOTHING_SAID = "no task could say why: it was killed, or never began; its log ends there"
QUOTED = 3
"""How many tasks an alert quotes at most."""


def tell_failure(kind: str) -> Callable[[Any], None]:
    """A DAG's on_failure_callback; `kind` is one of dnstats.notify.alert.KINDS."""

    def tell(context: Mapping[str, Any]) -> None:
        dag_id, run_id = context["dag"].dag_id, context["run_id"]
        _mark_interrupted(context)
        known = _end_incidents(context)
        if TOLD in known:
            log.info("the end mail of %s told it already", run_id)
            return
        reason = str(context.get("reason") or "it failed").replace("_", " ")
        said = [f"{kind.removeprefix(FAULT).removesuffix(' -1')}: {text}"
                for kind, text in known.items() if kind.startswith(FAULT)]  # fmt: skip
        more = f" (and {len(said) - QUOTED} more)" if len(said) > QUOTED else ""
        why = "; ".join(said[:QUOTED]) + more or f"{NOTHING_SAID} (Airflow: {reason})"
        _send(kind, dag_id, run_id, why=why, task=context.get("ti"))

    return tell


def end_of_run(context: Mapping[str, Any]) -> None:
    """A DAG's on_success_callback: whatever was told about this run is over."""
    _mark_interrupted(context)  # where somebody marked its last task as a success
    _end_incidents(context)


def noted(work: Callable[..., Any]) -> Callable[..., Any]:
    """Keeps what a task says when it fails, for whoever tells of its run.

    Within the task, not in a callback: those run when the next task may have begun already.
    """

    @functools.wraps(work)
    def run(*args: Any, **kwargs: Any) -> Any:
        task = get_current_context()["ti"]
        try:
            done = work(*args, **kwargs)
        except AirflowSkipException:
            raise
        except (Exception, AirflowTaskTimeout) as fault:
            _note(task, _why(fault))
            raise
        if task.try_number > 1:  # what an earlier try said is over
            _note(task, None)
        return done

    return run


def _note(task: Any, said: str | None) -> None:
    try:
        note_fault(database(), task.dag_id, task.run_id, task.task_id, _map_index(task), said)
    except Exception:
        log.exception("the mails about a failure of this task cannot quote it")


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
        _send(
            "chunk_failed", task.dag_id, task.run_id, why=_why(context.get("exception")), task=task
        )


def _why(fault: object) -> str:
    if not isinstance(fault, BaseException):
        return "it was ended from outside"
    # What our own boxes raise are sentences already.
    is_sentence = type(fault) in (AirflowException, AirflowFailException)
    return fault_line(fault, is_sentence=is_sentence)


def told(dag_id: str, run_id: str) -> None:
    """Note that the run's end mail has told its failure."""
    try:
        begin_incident(database(), TOLD, dag_id, run_id)
    except Exception:
        log.exception("the failure of this run may be told twice")


def deadline(kind: str, by: dt.time, hours: float) -> DeadlineAlert:
    """Tells a run that is not finished when it should be (dnstats.tasks.deadline); it goes on."""
    return DeadlineAlert(
        reference=RunDue(f"{by:%H:%M}", hours),
        interval=dt.timedelta(),
        callback=SyncCallback(tell_late, kwargs={"kind": kind}),
        name=f"finished by {by:%H:%M} UTC; by hand or backfill, within {hours:g} h",
    )


def tell_late(kind: str, context: Mapping[str, Any]) -> None:
    """What a missed deadline calls, in the executor; `context` is what the scheduler knows."""
    run = context["dag_run"]
    if run["state"] not in ("queued", "running"):
        return  # it failed before, and was told; Airflow forgets the deadline of a success only
    late = _instant(context["deadline"]["deadline_time"])
    begun = _instant(run["queued_at"])
    why = f"it should be finished by {late}; it was begun at {begun} and is {run['state']}"
    _send(kind, run["dag_id"], run["dag_run_id"], why=why + _how_far(run["dag_run_id"]))


def _how_far(run_id: str) -> str:
    try:
        with database().connect() as connection:
            graded, chunks = chunks_graded(connection, run_id)
    except Exception:
        log.exception("cannot tell how far the run is")
        return ""
    return f", {graded:,} of {chunks:,} chunks graded" if chunks else ", without chunks yet"


def _instant(said: str | dt.datetime | None) -> str:
    if said is None:
        return "an unknown time"
    instant = said if isinstance(said, dt.datetime) else dt.datetime.fromisoformat(said)
    return f"{instant.astimezone(dt.UTC):%d %b %H:%M} UTC"


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
    return _map_index(task) >= 0


def _map_index(task: Any) -> int:
    return -1 if task.map_index is None else int(task.map_index)


def _name(task: Any) -> str:
    """`scan_chunk, ranks 1-10,000, map index 0`."""
    label = getattr(task, "rendered_map_index", None)
    index = f"map index {task.map_index}" if _is_mapped(task) else ""
    return ", ".join(part for part in (task.task_id, label, index) if part)


def _mark_interrupted(context: Mapping[str, Any]) -> None:
    """Of a run that has ended and was not counted, the row says so."""
    ended_at = getattr(context.get("dag_run"), "end_date", None) or dt.datetime.now(dt.UTC)
    try:
        with database().begin() as connection:
            mark_interrupted(connection, context["dag"].dag_id, context["run_id"], ended_at)
    except Exception:
        log.exception("the row of %s says `running` until the next run", context["run_id"])


def _end_incidents(context: Mapping[str, Any]) -> dict[str, str]:
    dag_id, run_id = context["dag"].dag_id, context["run_id"]
    # The dag-processor calls seconds after the end; a task that was cleared meanwhile may have
    # failed by then, which belongs to the run's next end.
    ended_at = getattr(context.get("dag_run"), "end_date", None)
    try:
        return end_incidents(database(), dag_id, run_id, until=ended_at)
    except Exception:
        log.exception("cannot tell what was told about %s before", run_id)
        return {}
