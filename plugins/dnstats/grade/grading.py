"""Grades one site from its readings. Touches neither network nor database."""

from __future__ import annotations

import operator

import msgspec

import dnstats.grade.rules  # noqa: F401  (registers every rule)
from dnstats.grade.rule import Abstain, Readings, Remark, Rule, rules_by_needs
from dnstats.grade.scale import (
    DOES_NOT_APPLY,
    ESSENTIAL,
    FATAL,
    NEEDED,
    POINTS,
    WEIGHTS,
    is_unmeasured,
    overall,
)
from dnstats.records.record import NotMeasured

UNJUDGED_ABSENCE = "not measured: what its absence is judged by"
"""Why a family has no grade: it is absent, and whether that is a fault hangs on another family."""


class FamilyGrade(msgspec.Struct, frozen=True):
    """The grade of one record family: None when its record was not measured or does not apply."""

    family: str
    grade: int | None
    abstained: tuple[str, ...]  # codes of rules that could not tell
    why_none: str = ""

    @property
    def is_unmeasured(self) -> bool:
        """Whether there is no grade for want of an answer, not because none is due."""
        return is_unmeasured(self.grade, self.why_none)


class SiteGrades(msgspec.Struct, frozen=True):
    """All that grading says about one site."""

    overall: int | None
    families: tuple[FamilyGrade, ...]
    remarks: tuple[Remark, ...]
    why_none: str = ""  # why there is no overall grade


def grade_site(readings: Readings) -> SiteGrades:
    """Judge every graded family of one site, in the order of `scale.WEIGHTS`."""
    families: list[FamilyGrade] = []
    remarks: list[Remark] = []
    for family in WEIGHTS:
        grade, found = grade_family(family, readings)
        families.append(grade)
        remarks.extend(found)
    unmeasured = [grade.family for grade in families if grade.is_unmeasured]
    fatal = any(remark.code in FATAL for remark in remarks)
    total = overall({grade.family: grade.grade for grade in families}, unmeasured, fatal)
    why = "" if total is not None else _why_no_total(unmeasured)
    return SiteGrades(total, tuple(families), tuple(remarks), why)


def _why_no_total(unmeasured: list[str]) -> str:
    missing = [family for family in NEEDED if family in unmeasured]
    return f"not measured: {', '.join(missing)}" if missing else DOES_NOT_APPLY


def ungraded_site(why: str) -> SiteGrades:
    """No grade in any family, for a reason that holds for the site as a whole."""
    return SiteGrades(None, tuple(FamilyGrade(name, None, (), why) for name in WEIGHTS), (), why)


def grade_family(family: str, readings: Readings) -> tuple[FamilyGrade, list[Remark]]:
    """100 minus the points of the family's remarks, floor 0."""
    reading = readings.get(family)
    if family not in readings or isinstance(reading, NotMeasured):
        why = f"not measured: {reading.reason}" if isinstance(reading, NotMeasured) else "not asked"
        return FamilyGrade(family, None, (), why), []
    remarks, unsure = _judge(family, readings)
    abstained = tuple(rule.code for rule in unsure)
    points = sum(remark.points for remark in remarks)
    if missing := [one.code for one in unsure if one.code in ESSENTIAL]:
        why = f"not measured: what {missing[0]} needs"
        return FamilyGrade(family, None, abstained, why), remarks
    if reading is None and any(POINTS[one.severity] for one in unsure if any(one.judges_absence)):
        return FamilyGrade(family, None, abstained, UNJUDGED_ABSENCE), remarks
    if reading is None and not points:
        # Nothing there and nothing to be held against that. 100 would praise what does not exist.
        return FamilyGrade(family, None, abstained, DOES_NOT_APPLY), remarks
    return FamilyGrade(family, max(0, 100 - points), abstained), remarks


def _judge(family: str, readings: Readings) -> tuple[list[Remark], list[Rule]]:
    """What the family's rules find, and those that cannot tell, by code.

    The inner loop of grading, some 200 rules a site: a rule that is kept costs its own call only.
    """
    remarks: list[Remark] = []
    abstained: list[Rule] = []
    for needs, rules in rules_by_needs(family):
        given = needs.take(readings)
        if isinstance(given, Abstain):
            abstained.extend(rules)
        elif given is not None:
            for rule in rules:
                verdict = rule.judge(*given)
                if verdict is not None:
                    found = rule.conclude(verdict)
                    if isinstance(found, Remark):
                        remarks.append(found)
                    else:
                        abstained.append(rule)
    remarks.sort(key=_code)
    abstained.sort(key=_code)
    return remarks, abstained


_code = operator.attrgetter("code")
