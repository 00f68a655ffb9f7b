"""One domain as it was found: grades, remarks with their cure, what could not be told, as values.

The JSON that `check --json` prints is this, field by field.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from dnstats.check.published import published
from dnstats.grade.advice import advise
from dnstats.grade.grading import FamilyGrade, SiteGrades, grade_site, ungraded_site
from dnstats.grade.next_letter import NextLetter
from dnstats.grade.rule import RULES, Abstain, Readings
from dnstats.grade.scale import RULES_VERSION, letter
from dnstats.process.served_by import ServedBy
from dnstats.process.site_run import SiteRun, Status
from dnstats.records.record import NotMeasured


class Finding(msgspec.Struct, frozen=True):
    """One remark with all that its rule says."""

    code: str
    family: str
    severity: str
    points: int  # lost in the family's grade
    title: str
    evidence: str
    help: str  # what happens, and the cure
    reference: str  # URL of the section that says so
    gain: float | None  # points of the overall grade that mending it alone brings; None: no telling
    publish: tuple[str, ...]  # lines of a zone file that cure it, where they are the same for all


class Untold(msgspec.Struct, frozen=True):
    """A rule that could not tell, and what it lacked."""

    code: str
    title: str
    why: str


class Part(msgspec.Struct, frozen=True):
    """One graded record family. `grade` None: `why_none` says why."""

    family: str
    grade: int | None
    letter: str | None
    why_none: str
    published: tuple[str, ...]  # the records, shortened; () when there are none
    untold: tuple[Untold, ...]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is said about one domain."""

    domain: str
    status: Status
    is_measured: bool  # every family that a run must measure was measured
    grade: int | None
    letter: str | None
    why_none: str  # why there is no overall grade
    next_letter: NextLetter | None  # what a better letter costs; None for the best, and for none
    providers: ServedBy
    families: tuple[Part, ...]
    remarks: tuple[Finding, ...]  # what mending gains most by first
    not_measured: dict[str, NotMeasured]  # families that nobody could tell anything about
    questions: int
    unanswered: tuple[NotMeasured, ...]
    rules_version: int = RULES_VERSION
    readings: Readings


def judge(run: SiteRun, unanswered: Sequence[NotMeasured]) -> Checked:
    """Grade one site that was read, as `grade_chunk` does; `unanswered` are its open questions."""
    grades = _grade(run)
    families = tuple(_part(family, run.readings) for family in grades.families)
    advice = advise(run.site.domain, run.providers.mail, grades.families, grades.remarks)
    remarks = tuple(
        Finding(
            one.code, one.family, one.severity.value, one.points, RULES[one.code].title,
            one.evidence, " ".join(RULES[one.code].help.split()), RULES[one.code].reference,
            advice.gains[at], advice.records.get(one.code, ()),
        )
        for at, one in ((at, grades.remarks[at]) for at in advice.order)
    )  # fmt: skip
    return Checked(
        domain=run.site.domain,
        status=run.status,
        is_measured=run.is_measured,
        grade=grades.overall,
        letter=None if grades.overall is None else letter(grades.overall),
        why_none=grades.why_none,
        next_letter=advice.way,
        providers=run.providers,
        families=families,
        remarks=remarks,
        not_measured={
            name: reading
            for name, reading in run.readings.items()
            if isinstance(reading, NotMeasured)
        },
        questions=run.questions,
        unanswered=tuple(unanswered),
        readings=run.readings,
    )


def _grade(run: SiteRun) -> SiteGrades:
    if run.status is Status.NXDOMAIN:
        return ungraded_site("the domain does not exist")
    return grade_site(run.readings)


def _part(family: FamilyGrade, readings: Readings) -> Part:
    return Part(
        family.family,
        family.grade,
        None if family.grade is None else letter(family.grade),
        family.why_none,
        published(readings.get(family.family)),
        tuple(_untold(code, readings) for code in family.abstained),
    )


def _untold(code: str, readings: Readings) -> Untold:
    verdict = RULES[code].apply(readings)
    why = verdict.why if isinstance(verdict, Abstain) else ""
    return Untold(code, RULES[code].title, why)
