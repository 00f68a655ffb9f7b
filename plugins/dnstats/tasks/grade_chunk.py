"""Grades a chunk's SiteRuns from their stored readings. Never touches the network."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

import sqlalchemy as sa

from dnstats.db.bulk import copy_rows
from dnstats.db.models import Grade, Remark, SiteRun
from dnstats.db.movement import Movement, movement, version_before
from dnstats.grade.grading import SiteGrades, grade_site, ungraded_site
from dnstats.grade.scale import RULES_VERSION, letter
from dnstats.process.readings import UnreadableReadings, read_readings
from dnstats.tasks.chunk_name import ChunkName, Refused, begin_stage, end_stage, hold_chunk
from dnstats.tasks.collector import resting_collector
from dnstats.tasks.tell_movement import tell_movement

log = logging.getLogger(__name__)

GRADE_COLUMNS = (
    "run_id", "rules_version", "rank", "family", "chunk", "site_id", "grade", "letter", "why_none",
    "abstained",
)  # fmt: skip
REMARK_COLUMNS = (
    "run_id", "rules_version", "rank", "code", "chunk", "site_id", "family", "severity", "points",
    "evidence",
)  # fmt: skip


@resting_collector()
def grade_chunk(database: sa.Engine, chunk: ChunkName) -> ChunkName:
    """Replace the chunk's grades and remarks of this version of the rules, in one transaction."""
    row = begin_stage(database, chunk, "graded_at")
    if row.processed_at is None:
        raise Refused(
            f"{chunk['label']} was not read since it was last asked or begun: clear process_chunk, "
            "with downstream"
        )
    with database.begin() as connection:
        hold_chunk(connection, chunk, row, "graded_at")
        grades: list[tuple[Any, ...]] = []
        remarks: list[tuple[Any, ...]] = []
        sites = _load(connection, row)
        for site in sites:
            key = (row.run_id, RULES_VERSION, site.rank)
            try:
                result = _grade(site)
            except UnreadableReadings as fault:
                raise Refused(f"{chunk['label']}, {site.domain}: {fault}.") from fault
            grades.extend(_grade_rows(key, row.number, site.site_id, result))
            remarks.extend(
                (*key, remark.code, row.number, site.site_id, remark.family,
                 remark.severity.value, remark.points, remark.evidence)
                for remark in result.remarks
            )  # fmt: skip
        _replace(connection, Grade, GRADE_COLUMNS, row, grades)
        _replace(connection, Remark, REMARK_COLUMNS, row, remarks)
        end_stage(connection, chunk, "graded_at", dt.datetime.now(dt.UTC))
        moved = _compare(connection, row)
    log.info("%s: %d sites graded, %d remarks", chunk["label"], len(sites), len(remarks))
    for line in tell_movement(moved) if moved else ():
        log.info("%s: %s", chunk["label"], line)
    return chunk


def _compare(connection: sa.Connection, row: Any) -> Movement | None:
    """What the rules of now moved, where the chunk was graded by older ones."""
    ranks = row.first_rank, row.last_rank
    before = version_before(connection, row.run_id, RULES_VERSION, ranks)
    if before is None:
        return None
    return movement(connection, row.run_id, before, RULES_VERSION, ranks)


def _load(connection: sa.Connection, row: Any) -> list[Any]:
    # As text: the driver would build a dict that the typed decoder then could not use.
    readings = sa.cast(SiteRun.readings, sa.Text).label("readings")
    query = (
        sa.select(SiteRun.rank, SiteRun.site_id, SiteRun.domain, SiteRun.status, readings)
        .where(SiteRun.run_id == row.run_id, SiteRun.rank.between(row.first_rank, row.last_rank))
        .order_by(SiteRun.rank)
    )
    return list(connection.execute(query))


def _grade(site: Any) -> SiteGrades:
    if site.status == "nxdomain":
        return ungraded_site("the domain does not exist")
    return grade_site(read_readings(site.readings))


def _grade_rows(
    key: tuple[int, int, int], number: int, site_id: int, result: SiteGrades
) -> list[tuple[Any, ...]]:
    rows = [
        (*key, grade.family, number, site_id, grade.grade,
         None if grade.grade is None else letter(grade.grade), grade.why_none or None,
         list(grade.abstained))
        for grade in result.families
    ]  # fmt: skip
    total = result.overall
    mark = None if total is None else letter(total)
    rows.append((*key, "overall", number, site_id, total, mark, result.why_none or None, []))
    return rows


def _replace(
    connection: sa.Connection,
    model: type[Grade] | type[Remark],
    columns: tuple[str, ...],
    row: Any,
    rows: list[tuple[Any, ...]],
) -> None:
    table = model.__table__
    assert isinstance(table, sa.Table)
    connection.execute(
        sa.delete(table).where(
            table.c.run_id == row.run_id,
            table.c.rules_version == RULES_VERSION,
            table.c.rank.between(row.first_rank, row.last_rank),
        )
    )
    copy_rows(connection, table, columns, rows)
