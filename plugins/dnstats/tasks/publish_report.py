"""Writes the pages of a run that may be published."""

from __future__ import annotations

import logging
from pathlib import Path

import sqlalchemy as sa

from dnstats.db.models import Chunk, Run
from dnstats.db.partitions import analyze_run_partitions
from dnstats.db.queries import newest_run
from dnstats.grade.advice import advise
from dnstats.grade.catalogue import rule_texts
from dnstats.report.publishing import why_none
from dnstats.report.writing import write_report
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import Refused, refuse_dropped

log = logging.getLogger(__name__)


def publish_report(database: sa.Engine, settings: Settings, run_id: int | None = None) -> Path:
    """Write the report of a run (the newest by default); returns its page."""
    with database.begin() as connection:
        run_id = run_id or newest_run(connection)
        run = connection.execute(
            sa.select(Run.state, Run.day, Run.ended_at, Run.rows_dropped_at).where(Run.id == run_id)
        ).one_or_none()
        if run_id is None or run is None:
            raise Refused(f"There is no run {run_id or 'yet'}: trigger daily_scan first.")
        refuse_dropped(run_id, run.day, run.rows_dropped_at)
        if run.state != "done":
            raise Refused(f"Run {run_id} is not published: {why_none(run.state, run.ended_at)}.")
        open_chunks = connection.scalar(
            sa.select(sa.func.count()).where(Chunk.run_id == run_id, Chunk.graded_at.is_(None))
        )
        if open_chunks:
            raise Refused(
                f"{open_chunks} chunks of run {run_id} are under way again, and a report of half "
                "of them would be wrong: when they are done, it is published by itself."
            )
        analyze_run_partitions(connection, run_id)
        page = write_report(connection, run_id, settings.reports, rule_texts(), advise)
    log.info("run %d is published: %s", run_id, page)
    return page
