"""The mail at the start of an update of the list. A mail server that is down fails nothing."""

from __future__ import annotations

import logging

import sqlalchemy as sa

from dnstats.lists.standing import standing_list
from dnstats.notify.delivery import SmtpServer, deliver
from dnstats.notify.writing import write_mail
from dnstats.settings import Settings
from dnstats.tasks.update_request import UpdateRequest

log = logging.getLogger(__name__)


def notify_list_start(
    database: sa.Engine,
    settings: Settings,
    request: UpdateRequest,
    smtp: SmtpServer | None,
    *,
    dag_run_id: str,
) -> None:
    """Tell the operator where the list is fetched, and which one stands until then."""
    with database.connect() as connection:
        facts = {
            "dag_run_id": dag_run_id,
            "source": request.source,
            "at_least": request.at_least,
            "standing": standing_list(connection),
        }
    message = write_mail(
        "list_started", facts, settings["DNSTATS_MAIL_FROM"], settings["DNSTATS_MAIL_TO"]
    )
    log.info("start mail %s", deliver(message, smtp, settings.mail_folder))
