"""Counts what a run measured, mails it, and fails the run when that is too little.

Runs whatever happened before, and must not hide a failed chunk.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from dnstats.db.incidents import faults
from dnstats.db.models import Chunk, Run
from dnstats.db.queries import Summary, find_run, run_summary
from dnstats.notify.delivery import SmtpServer, deliver
from dnstats.notify.webhook import Webhook, post
from dnstats.notify.writing import text_lines, write_mail
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import Refused, chunk_label, refuse_dropped

log = logging.getLogger(__name__)

KILLED = "its task was killed, or never began"
"""Of a chunk that is not graded, when no task of it could say why."""


def notify_done(
    database: sa.Engine,
    settings: Settings,
    dag_run_id: str,
    smtp: SmtpServer | None,
    *,
    webhook: Webhook | None = None,
    now: dt.datetime,
) -> int:
    """The run's id when it may be published; `Refused` after the mail when it may not.

    `webhook` is told only of a run that is not published.
    """
    gate = settings["DNSTATS_GATE"]
    with database.begin() as connection:
        run_id = find_run(connection, dag_run_id)
        said = faults(connection, dag_run_id)
        if run_id is None:
            why = said.get(("create_run", -1), "see its log for the reason").rstrip(".")
            summary, failed, fault = None, [], f"create_run made no run: {why}"
        else:
            refuse_dropped(run_id, *_dropped(connection, run_id))
            summary = run_summary(connection, run_id)
            failed = _failed_chunks(connection, run_id, said)
            fault = _fault(summary, [label for label, _ in failed], gate)
            _keep(connection, summary, "short" if fault else "done", now)
    facts = {"summary": summary, "failed": failed, "fault": fault, "gate": gate,
             "dag_run_id": dag_run_id}  # fmt: skip
    message = write_mail(
        "run_done", facts, settings["DNSTATS_MAIL_FROM"], settings["DNSTATS_MAIL_TO"]
    )
    for line in text_lines(message):
        log.info("%s", line)
    log.info("end mail %s", deliver(message, smtp, settings.mail_folder))
    if fault and webhook is not None:
        log.info("webhook %s", post(message, webhook))
    if fault or run_id is None:
        raise Refused(f"Not published: {fault}.")
    return run_id


def _dropped(connection: sa.Connection, run_id: int) -> tuple[dt.date, dt.datetime | None]:
    day, when = connection.execute(
        sa.select(Run.day, Run.rows_dropped_at).where(Run.id == run_id)
    ).one()
    return day, when


def _fault(summary: Summary, failed: list[str], gate: float) -> str:
    """Why the run may not be published; empty when it may."""
    faults = []
    if failed:
        shown = ", ".join(failed[:5]) + (f" and {len(failed) - 5} more" if len(failed) > 5 else "")
        faults.append(f"{len(failed)} of {summary.chunks} chunks are not graded ({shown})")
    if summary.coverage < gate:
        faults.append(
            f"{summary.measured:,} of {summary.sites:,} sites were measured "
            f"({summary.coverage:.1f} %), and the gate is {gate:g} %"
        )
    return "; ".join(faults)


def _failed_chunks(
    connection: sa.Connection, run_id: int, said: Mapping[tuple[str, int], str]
) -> list[tuple[str, str]]:
    """Labels of the chunks that did not come to their grades since they were last begun, and why.

    said: what tasks said when they failed, by task and map index.
    """
    why = {number: f"{task}: {text}" for (task, number), text in said.items()}
    rows = connection.execute(
        sa.select(Chunk.number, Chunk.first_rank, Chunk.last_rank)
        .where(
            Chunk.run_id == run_id,
            Chunk.graded_at.is_(None),
        )
        .order_by(Chunk.number)
    )
    labels = {number: chunk_label(first, last) for number, first, last in rows}
    return [
        # What the task said may begin with the label too.
        (label, why.get(number, KILLED).replace(f"{label}: ", "", 1))
        for number, label in labels.items()
    ]


def _keep(connection: sa.Connection, summary: Summary, state: str, now: dt.datetime) -> None:
    connection.execute(
        sa.update(Run)
        .where(Run.id == summary.run_id)
        .values(state=state, ended_at=now, summary=msgspec.to_builtins(summary))
    )
