"""What went wrong, where to click, what to do: an alert as a value, and as a mail.

Whether an alert is the first word about its incident is for `dnstats.db.incidents`.
"""

from __future__ import annotations

import logging
from email.message import EmailMessage

import msgspec

from dnstats.notify.delivery import SmtpServer, deliver
from dnstats.notify.webhook import Webhook, post
from dnstats.notify.writing import write_mail
from dnstats.settings import Settings

log = logging.getLogger(__name__)


class Kind(msgspec.Struct, frozen=True):
    """One kind of incident: what the subject says of it, and what the operator does then."""

    headline: str
    steps: tuple[str, ...]


_READ_THE_LOG = "Open the log and read its last lines: they say why."

KINDS = {
    "chunk_failed": Kind(
        "a chunk failed; the run goes on without it",
        (
            _READ_THE_LOG,
            "When the cause is gone, clear the task with Downstream: this chunk alone runs again.",
            "In the shell the same is: make rerun RUN=(the run) CHUNK=(the map index)",
            "Other chunks of this run that fail are told in its end mail, not one by one.",
        ),
    ),
    "run_failed": Kind(
        "a run failed before it could tell how it ended",
        (
            "Open the run: the red squares are the tasks that failed, each with its log.",
            "When the cause is gone, clear the failed tasks with Downstream; what is done stays.",
            "Until then it has no report, and its row in the database says interrupted.",
        ),
    ),
    "run_late": Kind(
        "a run is not finished by its deadline; it goes on",
        (
            "Open the run: does the number of finished chunks still grow?",
            "The log of a running scan_chunk says how fast it is and which servers it waits for.",
            "If it grows, let it end by itself. If it hangs, clear the tasks that hang.",
        ),
    ),
    "list_missing": Kind(
        "the list of sites did not arrive; the last good list stands",
        (
            "Open the log: it says whether the download broke off, was short, or was no list.",
            "Clear the task to try again, or trigger the DAG with another address or a file.",
            "Scans go on with the last good list meanwhile.",
        ),
    ),
    "drop_failed": Kind(
        "old runs were not all dropped; nothing that is kept was touched",
        (
            _READ_THE_LOG,
            "The next run tries again by itself. A file that cannot be removed wants your hand.",
        ),
    ),
    "report_failed": Kind(
        "a report was not published; the run itself is done",
        (
            _READ_THE_LOG,
            "When the cause is gone, clear the task: the pages are written again as a whole.",
        ),
    ),
}


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An incident. `what`: the chunk or task; `why`: one sentence; `links`: (what it is, URL)."""

    kind: str
    dag_id: str
    dag_run_id: str
    why: str
    what: str = ""
    links: tuple[tuple[str, str], ...] = ()


def write_alert(alert: Alert, settings: Settings) -> EmailMessage:
    """The mail about an alert."""
    kind = KINDS[alert.kind]
    facts = {**msgspec.structs.asdict(alert), "headline": kind.headline, "steps": kind.steps}
    return write_mail("alert", facts, settings["DNSTATS_MAIL_FROM"], settings["DNSTATS_MAIL_TO"])


def send_alert(
    alert: Alert, settings: Settings, smtp: SmtpServer | None, webhook: Webhook | None
) -> None:
    """Mail it, and post it where a webhook is connected. Never raises."""
    message = write_alert(alert, settings)
    log.info("alert %s: mail %s", alert.kind, deliver(message, smtp, settings.mail_folder))
    if webhook is not None:
        log.info("alert %s: webhook %s", alert.kind, post(message, webhook))
