"""What is stored about one site of one run: its grades and remarks under one version of the rules.

The rows are what `grade.next_letter` works on.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from dnstats.db.models import Grade, Remark, SiteName, SiteRun


class StoredGrade(msgspec.Struct, frozen=True):
    """One row of grades; the family "overall" is the whole site."""

    family: str
    grade: int | None
    letter: str | None
    why_none: str | None


class StoredRemark(msgspec.Struct, frozen=True):
    """One row of remarks."""

    code: str
    family: str
    severity: str
    points: int
    evidence: str


class StoredSite(msgspec.Struct, frozen=True):
    """One site as a run found it."""

    domain: str
    rank: int
    rules_version: int
    grades: tuple[StoredGrade, ...]
    remarks: tuple[StoredRemark, ...]


def find_site(
    connection: sa.Connection, run_id: int, domain: str, rules_version: int | None = None
) -> StoredSite | None:
    """The site's rows of that version of the rules, or of its newest; None when it has none."""
    rank = connection.scalar(
        sa.select(SiteRun.rank)
        .join(SiteName, SiteName.id == SiteRun.site_id)
        .where(SiteRun.run_id == run_id, SiteName.domain == domain)
        .order_by(SiteRun.rank)
        .limit(1)
    )
    if rank is None:
        return None
    if rules_version is None:
        rules_version = connection.scalar(
            sa.select(sa.func.max(Grade.rules_version)).where(
                Grade.run_id == run_id, Grade.rank == rank
            )
        )
    if rules_version is None:
        return None
    grades = connection.execute(
        sa.select(Grade.family, Grade.grade, Grade.letter, Grade.why_none).where(
            Grade.run_id == run_id, Grade.rules_version == rules_version, Grade.rank == rank
        )
    )
    remarks = connection.execute(
        sa.select(Remark.code, Remark.family, Remark.severity, Remark.points, Remark.evidence)
        .where(Remark.run_id == run_id, Remark.rules_version == rules_version, Remark.rank == rank)
        .order_by(Remark.points.desc(), Remark.code)
    )
    return StoredSite(
        domain,
        rank,
        rules_version,
        tuple(StoredGrade(*row) for row in grades),
        tuple(StoredRemark(*row) for row in remarks),
    )
