"""Reads a chunk's archived answers into one SiteRun row a site. Never touches the network."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from dnstats import archive
from dnstats.chunk_answers import ChunkAnswers
from dnstats.db.bulk import copy_rows
from dnstats.db.models import SiteRun
from dnstats.process.readings import write_readings
from dnstats.process.site_run import read_site
from dnstats.records import load_records
from dnstats.records.record import Site
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import (
    ChunkName,
    Refused,
    begin_stage,
    end_stage,
    hold_chunk,
    load_sites,
)
from dnstats.tasks.collector import resting_collector

log = logging.getLogger(__name__)

COLUMNS = (
    "run_id", "rank", "chunk", "site_id", "domain", "status", "is_measured", "dns_provider",
    "mail_provider", "mail_gateway", "questions", "not_measured", "readings",
)  # fmt: skip


@resting_collector()
def process_chunk(database: sa.Engine, settings: Settings, chunk: ChunkName) -> ChunkName:
    """Replace the chunk's rows in `site_runs`, all in one transaction."""
    row = begin_stage(database, chunk, "processed_at")
    try:
        answers = archive.read_chunk(settings.archive, row.archive)
    except archive.BadArchive as fault:
        raise Refused(f"{chunk['label']}: {fault}.") from fault
    with database.begin() as connection:
        hold_chunk(connection, chunk, row, "processed_at")
        table = SiteRun.__table__
        assert isinstance(table, sa.Table)
        connection.execute(
            sa.delete(table).where(
                table.c.run_id == row.run_id,
                table.c.rank.between(row.first_rank, row.last_rank),
            )
        )
        # Before the COPY: a connection that copies can ask nothing else.
        sites = load_sites(connection, row)
        count = copy_rows(connection, table, COLUMNS, _rows(row, sites, answers))
        end_stage(connection, chunk, "processed_at", dt.datetime.now(dt.UTC))
    log.info("%s: %d sites read from %d answers", chunk["label"], count, len(answers))
    return chunk


def _rows(
    row: Any, sites: Iterable[tuple[int, Site]], answers: ChunkAnswers
) -> Iterator[tuple[Any, ...]]:
    records = load_records()
    for site_id, site in sites:
        run = read_site(site, answers.look, records)
        yield (
            row.run_id, site.rank, row.number, site_id, site.domain, run.status.value,
            run.is_measured, run.providers.dns, run.providers.mail, run.providers.gateway,
            run.questions, run.not_measured, write_readings(run.readings),
        )  # fmt: skip
