"""What a rehearsal saw, judged and written down."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import os
import shlex
from pathlib import Path
from typing import Any

import jinja2

from rehearsal import drive
from rehearsal.container import Container
from rehearsal.drive import Drive, by_queue

SIX = {"create_run", "notify_start", "scan_chunk", "process_chunk", "grade_chunk", "notify_done"}
SECRET = ("_PASSWORD", "_SECRET", "_KEY")


class Seen:
    """Everything that was observed, filled in as the rehearsal goes."""

    def __init__(self, sites: int, chunk: int, also: dict[str, Any]) -> None:
        self.sites, self.chunk, self.also = sites, chunk, also
        self.without_root = os.geteuid() != 0
        self.started: dict[str, tuple[float, tuple[str, float]]] = {}
        self.health_after: dict[str, tuple[str, float]] = {}
        self.airflow_health: dict[str, str | None] = {}
        self.pools: dict[str, int] = {}
        self.runs: tuple[Drive, ...] = ()
        self.rows: tuple[dict[str, list[tuple[Any, ...]]], ...] = ()
        self.summary: dict[str, Any] = {}
        self.killed: tuple[int, int, int] | None = None
        self.outage: tuple[float, int, int] | None = None  # how long it took to stop; scans
        self.restarted: dict[str, int] = {}
        self.sizes: dict[str, int] = {}
        self.datagrams = 0  # UDP, of the undisturbed run
        self.mails: list[str] = []
        self.cpu: dict[str, float] = {}
        self.cpu_of_run: dict[str, float] = {}  # the undisturbed one
        self.left: list[str] = []
        self.secrets_found: list[str] = []

    def faults(self) -> list[str]:
        """What was not as it should be, a sentence each."""
        found = []
        for name, (said, _) in self.health_after.items():
            if not said.startswith("exit status 0"):
                found.append(f"{name} was not healthy at the end: {said}")
        if len(self.runs) != 3 or self.killed is None or self.outage is None:
            missing = "a worker killed in the second and the database stopped in the third"
            return [*found, f"there were not three runs, with {missing}"]
        for run in self.runs:
            green = {t["task_id"] for t in run.tasks if t["state"] == "success"}
            if green != SIX or run.report != "success":
                found.append(f"{run.run_id}: green were {sorted(green)}, report {run.report}")
        queues = {(t["queue"], t["hostname"]) for t in self.runs[0].tasks}
        wanted = {("scan", "airflow-worker-scan"), ("default", "airflow-worker")}
        if queues != wanted:
            found.append(f"work was done by {queues}")
        found += [f"{table} differs" for table, numbers in self.compared().items()
                  if len(set(numbers)) > 1]  # fmt: skip
        if len(self.mails) != 2 * len(self.runs):
            found.append(f"{len(self.mails)} mails came, not two a run")
        if self.left:
            found.append(f"left running: {self.left}")
        found += self.secrets_found
        return found

    def compared(self) -> dict[str, tuple[int, ...]]:
        """By table: rows of each run, and the rows that all of them have."""
        return {
            table: (
                *(len(run[table]) for run in self.rows),
                len(set.intersection(*(set(map(repr, run[table])) for run in self.rows))),
            )
            for table in drive.TABLES
        }


def mail_line(path: Path) -> str:
    """From, to and subject of a mail, and what forms it has."""
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    forms = ", ".join(part.get_content_type() for part in mail.walk() if not part.is_multipart())
    return f"{mail['from']} to {mail['to']}: {mail['subject']} ({forms})"


def search_secrets(folder: Path, variables: dict[str, str]) -> list[str]:
    """Where a secret of .env stands in a log, a mail, or what the services made."""
    secrets = {n: v.encode() for n, v in variables.items() if n.endswith(SECRET)}
    places = [p for sub in ("log", "mails", "volumes/airflow-logs", "volumes/dnstats-var")
              for p in (folder / sub).rglob("*") if p.is_file()]  # fmt: skip
    return [
        f"{name} stands in {path.relative_to(folder)}"
        for path in places
        for name, value in secrets.items()
        if value in path.read_bytes()
    ]


def page(seen: Seen, containers: list[Container]) -> str:
    """include/docs/rehearsal.md."""
    folder = jinja2.FileSystemLoader(Path(__file__).parent)
    environment = jinja2.Environment(
        loader=folder,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        autoescape=False,  # noqa: S701  (Markdown)
    )
    environment.filters["command"] = _command
    return environment.get_template("page.md.j2").render(
        seen=seen,
        containers=containers,
        today=f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
        work=sorted(by_queue(seen.runs[0].tasks).items()) if seen.runs else [],
        again=[len([t for t in run.tasks if t["try_number"] > 1]) for run in seen.runs],
    )


def _command(container: Container) -> str:
    """A service's command on one line of a table."""
    words = shlex.join([*container.service.entrypoint, *container.service.command])
    return words.replace("|", "\\|") or "(the image's)"
