"""How a DAG run goes, read from Airflow's task instances: stages, failures, the end.

Nothing here starts or stops anything; `show` is given what there is to see, again and again.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from dnstats.stack.airflow_api import AirflowApi, Refused, Unreachable
from dnstats.stack.fault import StackFault

CHUNK_STAGES = ("scan_chunk", "process_chunk", "grade_chunk")
DONE = {"success", "failed", "upstream_failed", "skipped", "removed"}
BAD = {"failed", "upstream_failed"}
SILENT_SECONDS = 60.0


class Stage(NamedTuple):
    """One of the mapped stages: chunks by state."""

    name: str
    total: int
    done: int
    running: int
    failed: int


class View(NamedTuple):
    """A moment of a run. `detail`: what a scan says of itself; `waits_for`: other runs."""

    state: str
    stages: tuple[Stage, ...]
    singles: tuple[tuple[str, str], ...]  # task id, state
    detail: str = ""
    waits_for: tuple[str, ...] = ()


def view(state: str, tasks: Iterable[Mapping[str, Any]]) -> View:
    """The moment that these task instances show."""
    stages: dict[str, list[str]] = {name: [] for name in CHUNK_STAGES}
    singles = []
    for task in tasks:
        said = task["state"] or "none"
        if task["task_id"] not in stages:
            singles.append((task["task_id"], said))
        elif task["map_index"] >= 0 and said != "removed":
            stages[task["task_id"]].append(said)
    return View(state, tuple(_stage(*item) for item in stages.items()), tuple(singles))


def _stage(name: str, states: list[str]) -> Stage:
    return Stage(
        name,
        len(states),
        sum(state in DONE for state in states),
        sum(state == "running" for state in states),
        sum(state in BAD for state in states),
    )


def follow(
    api: AirflowApi,
    dag_id: str,
    run_id: str,
    show: Callable[[View], None],
    check: Callable[[], None],
    *,
    pause: float = 1.0,
) -> str:
    """Watch a run to its end; returns "success" or "failed". `check` raises when all is lost."""
    heard = began = time.monotonic()
    while True:
        check()
        try:
            state = api.run(dag_id, run_id)["state"]
            tasks = api.task_instances(dag_id, run_id)
            heard = time.monotonic()
            moment = view(state, tasks)._replace(detail=scan_detail(api, tasks))
            if state == "queued" and heard - began > 5:
                others = tuple(run for run in api.unfinished_runs(dag_id) if run != run_id)
                moment = moment._replace(waits_for=others)
        except (Unreachable, Refused) as fault:
            if isinstance(fault, Refused) and fault.status < 500:
                raise  # 500: its database is away for a moment
            if time.monotonic() - heard > SILENT_SECONDS:
                raise StackFault(str(fault)) from fault
        else:
            show(moment)
            if state in ("success", "failed"):
                return str(state)
        time.sleep(pause)


def follow_caused(
    api: AirflowApi, run: tuple[str, str], dag_id: str, check: Callable[[], None], seconds: float
) -> tuple[str, str] | None:
    """(run id, state) of the run of `dag_id` that `run` caused by its asset; None: none came."""
    deadline = time.monotonic() + seconds
    found: tuple[str, str] | None = None
    while time.monotonic() < deadline:
        check()
        try:
            for dag, run_id in api.runs_caused_by(*run):
                if dag == dag_id:
                    state = str(api.run(dag, run_id)["state"])
                    found = (run_id, state)
                    if state in ("success", "failed"):
                        return found
        except (Unreachable, Refused) as fault:
            if isinstance(fault, Refused) and fault.status < 500:
                raise
        time.sleep(0.5)
    return found


def scan_detail(api: AirflowApi, tasks: Iterable[Mapping[str, Any]]) -> str:
    """The last line of progress of the first scan under way; empty when there is none."""
    for task in tasks:
        if task["task_id"] == "scan_chunk" and task["state"] == "running":
            with contextlib.suppress(Refused):
                for line in reversed(api.task_log(task)):
                    if is_progress(str(line.get("event"))):
                        return f"{label(task)}: {line['event']}"
    return ""


def is_progress(event: str) -> bool:
    """Whether a log line is a scan's line of progress."""
    return " questions done" in event


def label(task: Mapping[str, Any]) -> str:
    """ "ranks 1-10,000 (map index 0)", or nothing for a task that is not mapped."""
    if task["map_index"] < 0:
        return ""
    return f"{task['rendered_map_index'] or 'chunk'} (map index {task['map_index']})"


def failures(api: AirflowApi, dag_id: str, run_id: str, most: int = 3) -> list[str]:
    """Why tasks failed, in plain words, one line each: task, chunk, its last error."""
    failed = [t for t in api.task_instances(dag_id, run_id) if t["state"] == "failed"]
    # A chunk's fault comes before notify_done's complaint about it.
    failed.sort(key=lambda task: task["end_date"] or "")
    lines = [
        f"{' '.join(part for part in (task['task_id'], label(task)) if part)}: "
        f"{last_error(api, task)}"
        for task in failed[:most]
    ]
    if len(failed) > most:
        lines.append(f"and {len(failed) - most} more")
    return lines


def last_error(api: AirflowApi, task: Mapping[str, Any]) -> str:
    """The last error line of a task's log."""
    try:
        lines = api.task_log(task)
    except (Refused, Unreachable) as fault:
        return f"its log cannot be read ({fault})"
    for line in reversed(lines):
        if str(line.get("level")) in ("error", "critical"):
            for detail in reversed(line.get("error_detail") or []):
                return f"{detail.get('exc_type')}: {detail.get('exc_value')}"
            return str(line.get("event"))
    return "its log has no error; it was killed, or never began"
