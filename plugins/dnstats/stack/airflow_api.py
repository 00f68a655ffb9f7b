"""The few calls to Airflow's REST API (v2) that the stack makes.

It logs in as admin and keeps its token. A call that cannot be made raises `Unreachable`; an
answer that is not 2xx raises `Refused` with Airflow's own words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

PAGE = 100  # Airflow's own upper limit of a page


class Unreachable(Exception):
    """Airflow does not answer (not yet, or no longer)."""


class Refused(Exception):
    """Airflow said no."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"Airflow answered {status}: {detail}")
        self.status = status


class AirflowApi:
    """One Airflow at `address` (http://127.0.0.1:8080)."""

    def __init__(self, address: str, password: str, user: str = "admin") -> None:
        self.address = address
        self._login = {"username": user, "password": password}
        # No proxy, no netrc from the environment: this is our own loopback.
        self._client = httpx.Client(base_url=address, timeout=15.0, trust_env=False)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def health(self) -> dict[str, str | None]:
        """Status by component: "healthy", "unhealthy" or None (not seen yet)."""
        said = self._send("GET", "/api/v2/monitor/health")
        return {name: (part or {}).get("status") for name, part in said.items()}

    def dag(self, dag_id: str) -> dict[str, Any] | None:
        """What Airflow knows of a DAG; None: not parsed yet."""
        try:
            return self.call("GET", f"/dags/{dag_id}")
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def import_errors(self) -> list[str]:
        """What is wrong with DAG files: "file: last line of the traceback"."""
        found = self.call("GET", "/importErrors")["import_errors"]
        return [f"{e['filename']}: {e['stack_trace'].strip().splitlines()[-1]}" for e in found]

    def set_paused(self, dag_id: str, paused: bool) -> None:
        """Pause a DAG or let it run."""
        self.call("PATCH", f"/dags/{dag_id}", {"is_paused": paused})

    def ensure_pool(self, name: str, slots: int, description: str) -> None:
        """Make the pool, or give it that many slots."""
        body = {"slots": slots, "description": description, "include_deferred": False}
        try:
            self.call("POST", "/pools", {"name": name, **body})
        except Refused as refused:
            if refused.status != 409:
                raise
            self.call("PATCH", f"/pools/{name}?update_mask=slots", {"pool": name, **body})

    def trigger(self, dag_id: str, conf: Mapping[str, Any], note: str) -> str:
        """Start a run; its dag_run_id."""
        body = {"logical_date": None, "conf": dict(conf), "note": note}
        run_id: str = self.call("POST", f"/dags/{dag_id}/dagRuns", body)["dag_run_id"]
        return run_id

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """One run: its state, start_date, end_date."""
        return self.call("GET", f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}")

    def unfinished_runs(self, dag_id: str) -> list[str]:
        """dag_run_ids that are queued or running."""
        found = self.call("GET", f"/dags/{dag_id}/dagRuns?state=queued&state=running&limit={PAGE}")
        return [run["dag_run_id"] for run in found["dag_runs"]]

    def fail_run(self, dag_id: str, run_id: str) -> None:
        """End a run as failed, its tasks with it."""
        body = {"state": "failed", "note": "Cut off: the stack was stopped while it ran."}
        self.call("PATCH", f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}", body)

    def clear(
        self, dag_id: str, run_id: str, tasks: Sequence[tuple[str, int]]
    ) -> list[dict[str, Any]]:
        """Clear (task id, map index) with all downstream; the instances that were cleared.

        A map index of -1 means all of a mapped task, or the one instance of another.
        """
        body = {
            "dry_run": False,
            "dag_run_id": run_id,
            "task_ids": [name if index < 0 else [name, index] for name, index in tasks],
            "include_downstream": True,
            "only_failed": False,
            "reset_dag_runs": True,
        }
        found = self.call("POST", f"/dags/{dag_id}/clearTaskInstances", body)
        return list(found["task_instances"])

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """All task instances of a run, every page."""
        path = f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances"
        found: list[dict[str, Any]] = []
        while True:
            page = self.call("GET", f"{path}?limit={PAGE}&offset={len(found)}")
            found += page["task_instances"]
            if not page["task_instances"] or len(found) >= page["total_entries"]:
                return found

    def task_log(self, task: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The log lines of a task instance's last try, as Airflow keeps them."""
        path = (
            f"/dags/{task['dag_id']}/dagRuns/{quote(task['dag_run_id'], safe='')}/taskInstances/"
            f"{task['task_id']}/logs/{task['try_number']}?map_index={task['map_index']}"
        )
        content: list[Any] = self.call("GET", path)["content"]
        return [line if isinstance(line, dict) else {"event": str(line)} for line in content]

    def runs_caused_by(self, dag_id: str, run_id: str) -> list[tuple[str, str]]:
        """(dag_id, dag_run_id) of the runs that a run's assets started."""
        query = f"source_dag_id={dag_id}&source_run_id={quote(run_id, safe='')}"
        events = self.call("GET", f"/assets/events?{query}")["asset_events"]
        return [
            (caused["dag_id"], caused["run_id"])
            for event in events
            for caused in event["created_dagruns"]
        ]

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """One call under /api/v2, logging in first when we have not, and again when it lapsed."""
        if "authorization" not in self._client.headers:
            self._log_in()
        try:
            return dict(self._send(method, f"/api/v2{path}", body) or {})
        except Refused as refused:
            if refused.status != 401:
                raise
        self._log_in()
        return dict(self._send(method, f"/api/v2{path}", body) or {})

    def _log_in(self) -> None:
        token = self._send("POST", "/auth/token", self._login)["access_token"]
        self._client.headers["authorization"] = f"Bearer {token}"

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            answer = self._client.request(method, path, json=body)
        except httpx.HTTPError as fault:
            raise Unreachable(f"Airflow at {self.address} does not answer: {fault!r}") from fault
        if not answer.is_success:
            raise Refused(answer.status_code, answer.text[:500])
        return answer.json() if answer.content else None
