"""`sites.csv`: every site of a run with its grade and letters, as open data.

A site without a letter says why: `not measured` or `does not apply`; an empty cell never stands
for either.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from dnstats.db.models import Grade, SiteRun
from dnstats.db.queries import Summary
from dnstats.report.cells import harmless
from dnstats.report.chart import DOES_NOT_APPLY, NOT_MEASURED

LICENCE = (
    "SPDX-FileCopyrightText: DNStats\n"
    "SPDX-License-Identifier: CC-BY-4.0\n\n"
    "sites.csv may be used under Creative Commons Attribution 4.0 International\n"
    "(https://creativecommons.org/licenses/by/4.0/): name DNStats as its source.\n"
)


def write_sites(connection: sa.Connection, summary: Summary, path: Path) -> None:
    """Write the file, with its licence beside it (`sites.csv.license`, as REUSE has it)."""
    families = sorted(set(_graded_families(connection, summary)) - {"overall"})
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["rank", "domain", "status", "grade", "letter", *families])
        for row in _rows(connection, summary, families):
            writer.writerow(map(harmless, row))
    path.with_name(f"{path.name}.license").write_text(LICENCE, "utf-8")


def first_sites(path: Path, most: int) -> tuple[dict[str, str], ...]:
    """The first sites of the file as it was written, for the page."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(itertools.islice(csv.DictReader(file), most))


def _graded_families(connection: sa.Connection, summary: Summary) -> Iterator[str]:
    query = sa.select(Grade.family).distinct().where(*_of_run(summary))
    return iter(connection.scalars(query))


def _of_run(summary: Summary) -> tuple[sa.ColumnElement[bool], ...]:
    return Grade.run_id == summary.run_id, Grade.rules_version == summary.rules_version


def _rows(
    connection: sa.Connection, summary: Summary, families: list[str]
) -> Iterator[tuple[str, ...]]:
    """The cells of each site by rank, a thousand rows in memory at a time."""
    letters = (
        sa.select(
            Grade.rank,
            sa.func.max(Grade.grade).filter(Grade.family == "overall").label("grade"),
            *(
                sa.func.max(sa.func.coalesce(Grade.letter, Grade.why_none))
                .filter(Grade.family == family)
                .label(family)
                for family in ("overall", *families)
            ),
        )
        .where(*_of_run(summary))
        .group_by(Grade.rank)
        .subquery()
    )
    query = (
        sa.select(SiteRun.rank, SiteRun.domain, SiteRun.status, *list(letters.c)[1:])
        .join(letters, letters.c.rank == SiteRun.rank, isouter=True)
        .where(SiteRun.run_id == summary.run_id)
        .order_by(SiteRun.rank)
    )
    for row in connection.execute(query, execution_options={"yield_per": 1000}):
        rank, domain, status, grade, overall, *marks = row
        does_not_exist = status == "nxdomain"
        yield (
            str(rank), domain, status.replace("_", " "), "" if grade is None else str(grade),
            *(_mark(mark, does_not_exist) for mark in (overall, *marks)),
        )  # fmt: skip


def _mark(mark: str | None, does_not_exist: bool) -> str:
    """A letter, or why there is none."""
    if mark is not None and len(mark) <= 2:
        return mark
    if does_not_exist or mark == DOES_NOT_APPLY:
        return DOES_NOT_APPLY
    return NOT_MEASURED
