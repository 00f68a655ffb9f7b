"""What a rehearsal saw, judged and written down."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import shlex
from pathlib import Path
from typing import Any

from rehearsal import drive
from rehearsal.container import Container
from rehearsal.drive import Drive, by_queue

SIX = {"create_run", "notify_start", "scan_chunk", "process_chunk", "grade_chunk", "notify_done"}
SECRET = ("_PASSWORD", "_SECRET", "_KEY")


class Seen:
    """Everything that was observed, filled in as the rehearsal goes."""

    def __init__(self, sites: int, chunk: int, also: dict[str, Any]) -> None:
        self.sites, self.chunk, self.also = sites, chunk, also
        self.started: dict[str, tuple[float, tuple[str, float]]] = {}
        self.health_after: dict[str, tuple[str, float]] = {}
        self.airflow_health: dict[str, str | None] = {}
        self.pools: dict[str, int] = {}
        self.runs: tuple[Drive, ...] = ()
        self.rows: tuple[dict[str, list[tuple[Any, ...]]], ...] = ()
        self.summary: dict[str, Any] = {}
        self.killed: tuple[int, int, int] | None = None
        self.mails: list[str] = []
        self.cpu: dict[str, float] = {}
        self.left: list[str] = []
        self.secrets_found: list[str] = []

    def faults(self) -> list[str]:
        """What was not as it should be, a sentence each."""
        found = []
        for name, (said, _) in self.health_after.items():
            if not said.startswith("exit status 0"):
                found.append(f"{name} was not healthy at the end: {said}")
        if len(self.runs) != 2 or self.killed is None:
            return [*found, "there were not two runs, with a worker killed in the second"]
        for run in self.runs:
            green = {t["task_id"] for t in run.tasks if t["state"] == "success"}
            if green != SIX or run.report != "success":
                found.append(f"{run.run_id}: green were {sorted(green)}, report {run.report}")
        queues = {(t["queue"], t["hostname"]) for t in self.runs[0].tasks}
        wanted = {("scan", "airflow-worker-scan"), ("default", "airflow-worker")}
        if queues != wanted:
            found.append(f"work was done by {queues}")
        found += [f"{table} differs" for table, (same, one, two) in self.compared().items()
                  if not same == one == two]  # fmt: skip
        if len(self.mails) != 4:
            found.append(f"{len(self.mails)} mails came, not two a run")
        if self.left:
            found.append(f"left running: {self.left}")
        found += self.secrets_found
        return found

    def compared(self) -> dict[str, tuple[int, int, int]]:
        """By table: rows that both runs have, rows of the first, rows of the second."""
        first, second = self.rows
        return {
            table: (len(set(map(repr, first[table])) & set(map(repr, second[table]))),
                    len(first[table]), len(second[table]))
            for table in drive.TABLES
        }  # fmt: skip


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
    faults = seen.faults()
    verdict = "Everything was as it should be." if not faults else "FAULTS: " + "; ".join(faults)
    parts = [
        "# The rehearsal of docker-compose.yaml",
        "Written by `make rehearse`, which reads docker-compose.yaml and runs every service's own "
        "command, environment, user, volumes and health check on one machine without a container "
        "engine: see [include/deploy/rehearsal](../deploy/rehearsal/__init__.py). Not by hand.",
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}, {seen.sites:,} sites in chunks of {seen.chunk}. "
        f"**{verdict}**",
        _what_differs(seen, containers),
        _services(seen, containers),
        _work(seen),
        _killed(seen),
        _measured(seen),
        "## Mails that were caught\n\n" + "\n".join(f"- {line}" for line in seen.mails),
        _end(seen),
    ]
    return "\n\n".join(parts) + "\n"


def _what_differs(seen: Seen, containers: list[Container]) -> str:
    lines = [f"- {c.name}: {c.image.stand_in}" for c in containers if c.image.stand_in]
    also = []
    for name, value in seen.also.items():
        said = value if isinstance(value, dict) else {name: value}
        where = f" ({name})" if isinstance(value, dict) else ""
        also += [f"- `{variable}={text}`{where}" for variable, text in said.items()]
    return "\n".join([
        "## What is not as in the file", "",
        "All services share one network (each has a loopback address and its own host name), "
        "where containers have one each. The world is the practice internet: its root, suffix "
        "and name servers on port 53; unbound recurses from that root and validates with that "
        "root's key. Stand-ins for images:", "", *lines, "",
        "Environment beyond the file's:", "", *also,
    ])  # fmt: skip


def _services(seen: Seen, containers: list[Container]) -> str:
    lines = ["## Services", "",
             "| service | user | command, as the file gives it | up after | health check | at the end |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for c in containers:
        seconds, (said, took) = seen.started[c.name]
        command = shlex.join([*c.service.entrypoint, *c.service.command]) or "(the image's)"
        check = f"{said} ({took:.1f} s)" if c.service.health else "ended with 0"
        after = seen.health_after.get(c.name, ("-", 0.0))[0]
        lines.append(f"| {c.name} | {c.service.user} | `{command.replace('|', chr(92) + '|')}` "
                     f"| {seconds:.1f} s | {check} | {after} |")  # fmt: skip
    health = ", ".join(f"{name} {state}" for name, state in seen.airflow_health.items())
    pools = ", ".join(f"{name} {slots}" for name, slots in seen.pools.items())
    return "\n".join([*lines, "", f"Airflow of itself: {health}. Pools: {pools}."])


def _work(seen: Seen) -> str:
    lines = ["## Work on both queues", "",
             f"The undisturbed run, {seen.runs[0].seconds:.0f} s, its report {seen.runs[0].report}:",
             "", "| task | queue | worker (hostname) | state | instances |", "|---|---|---|---|---|"]  # fmt: skip
    for (task, queue, host, state), count in sorted(by_queue(seen.runs[0].tasks).items()):
        lines.append(f"| {task} | {queue} | {host} | {state} | {count} |")
    return "\n".join(lines)


def _killed(seen: Seen) -> str:
    run = seen.runs[1]
    killed, done, running = seen.killed or (0, 0, 0)
    again = [t for t in run.tasks if t["try_number"] > 1]
    lines = [
        "## A worker killed in the middle", "",
        f"In the second run SIGKILL went to the {killed} processes of airflow-worker-scan when "
        f"{done} chunks were scanned and {running} were being scanned; 2 s later it was started "
        f"again. The run ended green after {run.seconds:.0f} s, its report {run.report}; "
        f"{len(again)} task instances had more than one try.", "",
        "| table | rows, undisturbed | rows, worker killed | rows that are the same |",
        "|---|---|---|---|",
    ]  # fmt: skip
    for table, (same, one, two) in seen.compared().items():
        lines.append(f"| {table} | {one:,} | {two:,} | {same:,} |")
    return "\n".join(lines)


def _measured(seen: Seen) -> str:
    s = seen.summary
    lines = [
        "## What was measured", "",
        f"{s['measured']:,} of {s['sites']:,} sites measured, {s['nxdomain']:,} of them do not "
        f"exist; {s['questions']:,} questions, {s['questions_not_measured']:,} of them not to be "
        f"answered by anybody. Mean overall grade {s['mean_grades'].get('overall')}.", "",
        "## Processor seconds", "", "Both runs, start and stop together:", "",
        "| service | s |", "|---|---|",
    ]  # fmt: skip
    lines += [f"| {name} | {seconds:.1f} |" for name, seconds in seen.cpu.items()]
    return "\n".join([*lines, f"| together | {sum(seen.cpu.values()):.1f} |"])


def _end(seen: Seen) -> str:
    left = "none" if not seen.left else ", ".join(seen.left)
    found = "none" if not seen.secrets_found else "; ".join(seen.secrets_found)
    return "\n".join([
        "## At the end", "",
        f"Processes left: {left}. Secrets of .env found in logs, task logs, mails, archive or "
        f"report: {found}.",
    ])  # fmt: skip
