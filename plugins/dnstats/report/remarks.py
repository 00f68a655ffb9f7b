"""Rules as a reader of a run meets them.

The commonest remarks, with what their rules say and how many sites could be judged; and every rule,
with the number of sites that broke it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import sqlalchemy as sa

from dnstats.db.models import Grade, Remark, SiteRun
from dnstats.db.queries import RemarkCount, Summary
from dnstats.report.figure import percent


class RuleText(Protocol):
    """What a reader is told about one rule."""

    @property
    def code(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def points(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def help(self) -> str: ...
    @property
    def reference(self) -> str: ...


class CommonRemark(NamedTuple):
    """One rule's remarks in a run."""

    code: str
    family: str
    severity: str
    title: str
    help: str
    reference: str  # "" when it is no https URL
    sites: int
    judged: int  # sites of which the rule could tell
    not_measured: int  # sites of which it could not
    example: str  # "example.com: what was found"

    @property
    def share(self) -> float:
        """Percent of the sites that could be judged."""
        return percent(self.sites, self.judged)


class RuleInRun(NamedTuple):
    """One rule, and how many sites of a run got its remark."""

    rule: RuleText
    sites: int


def every_rule(
    connection: sa.Connection, summary: Summary, rules: Mapping[str, RuleText]
) -> dict[str, list[RuleInRun]]:
    """All rules by record family, in the order of their codes."""
    query = (
        sa.select(Remark.code, sa.func.count().label("sites"))
        .where(Remark.run_id == summary.run_id, Remark.rules_version == summary.rules_version)
        .group_by(Remark.code)
    )
    counts: dict[str, int] = {row.code: row.sites for row in connection.execute(query)}
    found: dict[str, list[RuleInRun]] = {}
    for code in sorted(rules):
        rule = rules[code]
        found.setdefault(rule.family, []).append(RuleInRun(rule, counts.get(code, 0)))
    return dict(sorted(found.items()))


def common_remarks(
    connection: sa.Connection, summary: Summary, rules: Mapping[str, RuleText]
) -> tuple[CommonRemark, ...]:
    """The remarks of the summary, in its order; a rule without text keeps its code."""
    unread = summary.sites - summary.read
    return tuple(_remark(connection, summary, one, rules, unread) for one in summary.commonest)


def _remark(
    connection: sa.Connection,
    summary: Summary,
    one: RemarkCount,
    rules: Mapping[str, RuleText],
    unread: int,
) -> CommonRemark:
    rule = rules.get(one.code)
    judged, not_measured = _judged(connection, summary, one)
    is_link = rule is not None and rule.reference.startswith("https://")
    return CommonRemark(
        code=one.code,
        family=one.family,
        severity=one.severity,
        title=rule.title if rule else "",
        help=rule.help if rule else "",
        reference=rule.reference if rule and is_link else "",
        sites=one.sites,
        judged=judged,
        not_measured=not_measured + unread,
        example=_example(connection, summary, one.code),
    )


def _judged(connection: sa.Connection, summary: Summary, one: RemarkCount) -> tuple[int, int]:
    """Sites of which the rule could tell, and sites of which it could not; no others."""
    could_not = sa.or_(
        Grade.abstained.contains([one.code]),
        sa.and_(
            Grade.grade.is_(None),
            Grade.why_none.is_distinct_from("does not apply"),
        ),
    )
    graded = sa.and_(
        Grade.run_id == SiteRun.run_id,
        Grade.rank == SiteRun.rank,
        Grade.rules_version == summary.rules_version,
        Grade.family == one.family,
    )
    query = (
        sa.select(
            sa.func.count().filter(sa.not_(could_not)),
            sa.func.count().filter(sa.or_(Grade.rank.is_(None), could_not)),
        )
        .select_from(SiteRun)
        .join(Grade, graded, isouter=True)
        .where(SiteRun.run_id == summary.run_id, SiteRun.status != "nxdomain")
    )
    judged, not_measured = connection.execute(query).one()
    return judged, not_measured


def _example(connection: sa.Connection, summary: Summary, code: str) -> str:
    """The remark at the highest site that got it."""
    query = (
        sa.select(SiteRun.domain, Remark.evidence)
        .join(SiteRun, sa.and_(SiteRun.run_id == Remark.run_id, SiteRun.rank == Remark.rank))
        .where(
            Remark.run_id == summary.run_id,
            Remark.rules_version == summary.rules_version,
            Remark.code == code,
        )
        .order_by(Remark.rank)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return f"{row.domain}: {row.evidence}" if row else ""
