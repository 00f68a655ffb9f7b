"""The mail at the start of a scan. A mail server that is down never fails a run."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import sqlalchemy as sa

from dnstats.db.models import Run, SiteList
from dnstats.notify.delivery import SmtpServer, deliver
from dnstats.notify.writing import write_mail
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import ChunkName

log = logging.getLogger(__name__)


def notify_start(
    database: sa.Engine, settings: Settings, chunks: Sequence[ChunkName], smtp: SmtpServer | None
) -> None:
    """Tell the operator that a run begins: which list, ranks, chunks, DNS."""
    run_id = chunks[0]["run_id"]
    with database.begin() as connection:
        run = connection.execute(
            sa.select(Run.__table__, SiteList.name.label("list_name"))
            .join(SiteList, SiteList.id == Run.site_list_id)
            .where(Run.id == run_id)
        ).one()
    facts = {
        "run_id": run_id,
        "day": run.day,
        "source": run.source,
        "dns": run.dns,
        "resolvers": run.settings["resolvers"],
        "site_list": run.list_name,
        "first_rank": run.first_rank,
        "last_rank": run.last_rank,
        "chunks": len(chunks),
        "dag_run_id": run.dag_run_id,
    }
    message = write_mail(
        "run_started", facts, settings["DNSTATS_MAIL_FROM"], settings["DNSTATS_MAIL_TO"]
    )
    log.info("start mail %s", deliver(message, smtp, settings.mail_folder))
