"""Drops what is kept no longer: answers, rows, reports' lists, site lists. Summaries stay for ever.

Each run and list is dropped for itself, in one transaction with the mark that says so: killed
anywhere and run again, the same is gone and nothing else. A fault at one stops none of the others.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import sqlalchemy as sa

from dnstats import archive_removal
from dnstats.archive import BadArchive
from dnstats.db.models import RUN_PARTITIONED, Chunk, Run, SiteList, SiteRank
from dnstats.db.pace import forget_seconds
from dnstats.db.partitions import (
    InUse,
    drop_list_partition,
    drop_run_partitions,
    partition_name,
    partition_sizes,
    patiently,
)
from dnstats.lists.importing import hold_lists
from dnstats.notify.delivery import SmtpServer, deliver
from dnstats.notify.writing import write_mail
from dnstats.report.bulk import bulk_bytes, drop_bulk
from dnstats.report.publishing import published_homes
from dnstats.settings import Settings
from dnstats.tasks.drop_plan import OldList, OldRun, is_under_way, load_plan
from dnstats.tasks.drop_request import DropRequest

log = logging.getLogger(__name__)


class Drop(msgspec.Struct, frozen=True):
    """One thing that was dropped, or would be. `fault`: why it was not; empty: it was."""

    what: str
    bytes: int
    fault: str = ""


class NotDropped(Exception):
    """Some of it could not be dropped; trying again later may do."""


def drop_old_runs(
    database: sa.Engine,
    settings: Settings,
    request: DropRequest,
    smtp: SmtpServer | None,
    *,
    now: dt.datetime,
) -> list[Drop]:
    """Drop it, or with `is_dry` only say so. `NotDropped` at the end when something stayed."""
    with database.connect() as connection:
        plan = load_plan(connection, request, now)
        sizes = partition_sizes(connection)
        reports = _old_reports(connection, settings.reports, plan.rows)
    steps: list[tuple[str, Callable[[], int]]] = [
        *((f"answers of run {run.id} ({run.day})",
           partial(_drop_answers, database, settings, run, request, now)) for run in plan.answers),
        *((f"rows of run {run.id} ({run.day})",
           partial(_drop_rows, database, run, _run_bytes(sizes, run), request, now))
          for run in plan.rows),
        *((f"lists of the report {home}",
           partial(_drop_lists, database, settings.reports / home, run_id, request, now))
          for run_id, home in reports),
        *((f"ranks of the list {one.name}",
           partial(_drop_ranks, database, one, _list_bytes(sizes, one), request, now))
          for one in plan.lists),
    ]  # fmt: skip
    drops = [_try(what, drop) for what, drop in steps]
    _report(settings, request, drops, plan.kept, smtp, now)
    return drops


def _try(what: str, drop: Callable[[], int]) -> Drop:
    try:
        return Drop(what, drop())
    except (BadArchive, InUse, StillUsed, OSError, sa.exc.SQLAlchemyError) as fault:
        return Drop(what, 0, " ".join(f"{type(fault).__name__}: {fault}".split())[:500])


class StillUsed(Exception):
    """Somebody has begun to use it since the plan was made."""


def _drop_answers(
    database: sa.Engine, settings: Settings, run: OldRun, request: DropRequest, now: dt.datetime
) -> int:
    """Files first, then the mark: killed between, they are looked for again and not found."""
    with database.begin() as connection:
        # Whoever would read these answers again locks the run that asked, and then reads the mark.
        lock = sa.select(Run.id).where(Run.day == run.day).order_by(Run.id).with_for_update()
        connection.execute(lock)
        same_day = connection.execute(
            sa.select(Run.state, Run.started_at).where(Run.day == run.day)
        )
        if any(is_under_way(row.state, row.started_at, now) for row in same_day):
            raise StillUsed("a run of that day has begun to read them")
        paths = connection.scalars(sa.select(Chunk.archive).where(Chunk.run_id == run.id)).all()
        if request.is_dry:
            return archive_removal.chunk_bytes(settings.archive, paths)
        freed = archive_removal.remove_chunks(settings.archive, paths)
        connection.execute(sa.update(Run).where(Run.id == run.id).values(answers_dropped_at=now))
    return freed


def _drop_rows(
    database: sa.Engine, run: OldRun, size: int, request: DropRequest, now: dt.datetime
) -> int:
    def drop(connection: sa.Connection) -> int:
        state, started_at = connection.execute(
            sa.select(Run.state, Run.started_at).where(Run.id == run.id).with_for_update()
        ).one()
        if is_under_way(state, started_at, now):
            raise StillUsed("it has begun again")
        drop_run_partitions(connection, run.id)
        forget_seconds(connection, run.id)
        connection.execute(sa.update(Run).where(Run.id == run.id).values(rows_dropped_at=now))
        return size

    return size if request.is_dry else patiently(database, drop)


def _old_reports(
    connection: sa.Connection, folder: Path, rows: tuple[OldRun, ...]
) -> list[tuple[int, str]]:
    """Run and place of the reports whose rows are gone, or about to be, and that have lists yet."""
    gone = set(connection.scalars(sa.select(Run.id).where(Run.rows_dropped_at.is_not(None))))
    gone |= {run.id for run in rows}
    homes = [(int(home.rpartition("-")[2]), home) for home in published_homes(folder)]
    return [(run, home) for run, home in reversed(homes) if run in gone
            and bulk_bytes(folder / home)]  # fmt: skip


def _drop_lists(
    database: sa.Engine, home: Path, run_id: int, request: DropRequest, now: dt.datetime
) -> int:
    """After the rows: a report whose run can still be published keeps what it has."""
    if request.is_dry:
        return bulk_bytes(home)
    with database.connect() as connection:
        query = sa.select(Run.rows_dropped_at).where(Run.id == run_id)
        if connection.scalar(query) is None:
            raise StillUsed("its rows are kept")
    return drop_bulk(home, now.astimezone(dt.UTC).date())


def _drop_ranks(
    database: sa.Engine, one: OldList, size: int, request: DropRequest, now: dt.datetime
) -> int:
    def drop(connection: sa.Connection) -> int:
        hold_lists(connection)
        in_use = connection.scalar(
            sa.select(sa.func.count())
            .select_from(Run)
            .where(
                Run.site_list_id == one.id,
                sa.or_(Run.answers_dropped_at.is_(None), Run.rows_dropped_at.is_(None)),
            )
        )
        if in_use:
            raise StillUsed("a run that is kept uses it")
        drop_list_partition(connection, one.id)
        connection.execute(
            sa.update(SiteList).where(SiteList.id == one.id).values(ranks_dropped_at=now)
        )
        return size

    return size if request.is_dry else patiently(database, drop)


def _run_bytes(sizes: dict[str, int], run: OldRun) -> int:
    return sum(sizes.get(partition_name(table, run.id), 0) for table in RUN_PARTITIONED)


def _list_bytes(sizes: dict[str, int], one: OldList) -> int:
    return sizes.get(partition_name(SiteRank.__tablename__, one.id), 0)


def _report(
    settings: Settings,
    request: DropRequest,
    drops: list[Drop],
    kept: tuple[str, ...],
    smtp: SmtpServer | None,
    now: dt.datetime,
) -> None:
    verb = "would be dropped" if request.is_dry else "dropped"
    for drop in drops:
        if drop.fault:
            log.error("%s: not dropped: %s", drop.what, drop.fault)
        else:
            log.info("%s: %s, %s bytes", drop.what, verb, f"{drop.bytes:,}")
    for sentence in kept:
        log.info("kept: %s", sentence)
    done = [drop for drop in drops if not drop.fault]
    faults = [drop for drop in drops if drop.fault]
    total = sum(drop.bytes for drop in done)
    log.info("%d things %s, %s bytes; %d could not be", len(done), verb, f"{total:,}", len(faults))
    if drops and not request.is_dry:
        facts = {"done": done, "faults": faults, "kept": kept, "total": total,
                 "keep_answers": request.keep_answers, "keep_rows": request.keep_rows}  # fmt: skip
        message = write_mail(
            "runs_dropped", facts, settings["DNSTATS_MAIL_FROM"], settings["DNSTATS_MAIL_TO"],
            now=now,
        )  # fmt: skip
        log.info("mail %s", deliver(message, smtp, settings.mail_folder))
    if faults:
        raise NotDropped(
            f"{len(faults)} of {len(drops)} things could not be dropped, the first: "
            f"{faults[0].what}: {faults[0].fault}"
        )
