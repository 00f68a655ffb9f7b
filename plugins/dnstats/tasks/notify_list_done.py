"""The mail at the end of an update of the list; fails the run when no list was taken."""

from __future__ import annotations

import datetime as dt
import logging

import sqlalchemy as sa

from dnstats.db.interrupted import INTERRUPTED, RUNNING
from dnstats.lists.standing import find_update, standing_list
from dnstats.notify.delivery import SmtpServer, deliver
from dnstats.notify.webhook import Webhook, post
from dnstats.notify.writing import text_lines, write_mail
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import Refused

log = logging.getLogger(__name__)


def notify_list_done(
    database: sa.Engine,
    settings: Settings,
    dag_run_id: str,
    smtp: SmtpServer | None,
    *,
    webhook: Webhook | None = None,
    now: dt.datetime,
) -> None:
    """Tell what became of the update; `Refused` after the mail when the old list stands."""
    with database.connect() as connection:
        update = find_update(connection, dag_run_id)
        standing = standing_list(connection)
    fault = None
    if update is None or update.state in (RUNNING, INTERRUPTED):
        fault = "import_sites did not come to an end: see its log"
    elif update.state == "refused":
        fault = update.said
    facts = {
        "dag_run_id": dag_run_id,
        "fault": fault,
        "said": update.said if update else "",
        "is_new": update is not None and update.state == "taken",
        "standing": standing,
        "days_old": (now - standing.taken_at).days if standing else 0,
    }
    message = write_mail(
        "list_done", facts, settings["DNSTATS_MAIL_FROM"], settings["DNSTATS_MAIL_TO"], now=now
    )
    for line in text_lines(message):
        log.info("%s", line)
    log.info("end mail %s", deliver(message, smtp, settings.mail_folder))
    if fault and webhook is not None:
        log.info("webhook %s", post(message, webhook))
    if fault:
        raise Refused(f"No list was taken: {fault}.")
