"""Grades one site from its readings. Touches neither network nor database."""

from __future__ import annotations

import msgspec

import dnstats.grade.rules  # noqa: F401  (registers every rule)
from dnstats.grade.rule import Abstain, Readings, Remark, rules_of
from dnstats.grade.scale import WEIGHTS, overall
from dnstats.records.record import NotMeasured


class FamilyGrade(msgspec.Struct, frozen=True):
    """The grade of one record family: None when its record was not measured or does not apply."""

    family: str
    grade: int | None
    abstained: tuple[str, ...]  # codes of rules that could not tell
    why_none: str = ""


class SiteGrades(msgspec.Struct, frozen=True):
    """All that grading says about one site."""

    overall: int | None
    families: tuple[FamilyGrade, ...]
    remarks: tuple[Remark, ...]


def grade_site(readings: Readings) -> SiteGrades:
    """Judge every graded family of one site, in the order of `scale.WEIGHTS`."""
    families: list[FamilyGrade] = []
    remarks: list[Remark] = []
    for family in WEIGHTS:
        grade, found = grade_family(family, readings)
        families.append(grade)
        remarks.extend(found)
    total = overall({grade.family: grade.grade for grade in families})
    return SiteGrades(total, tuple(families), tuple(remarks))


def ungraded_site(why: str) -> SiteGrades:
    """No grade in any family, for a reason that holds for the site as a whole."""
    return SiteGrades(None, tuple(FamilyGrade(name, None, (), why) for name in WEIGHTS), ())


def grade_family(family: str, readings: Readings) -> tuple[FamilyGrade, list[Remark]]:
    """100 minus the points of the family's remarks, floor 0."""
    reading = readings.get(family)
    if family not in readings or isinstance(reading, NotMeasured):
        why = f"not measured: {reading.reason}" if isinstance(reading, NotMeasured) else "not asked"
        return FamilyGrade(family, None, (), why), []
    remarks: list[Remark] = []
    abstained: list[str] = []
    for rule in rules_of(family):
        verdict = rule.apply(readings)
        if isinstance(verdict, Remark):
            remarks.append(verdict)
        elif isinstance(verdict, Abstain):
            abstained.append(rule.code)
    if reading is None and not remarks:
        # Nothing there and nothing said against that: the family does not apply to this site.
        why = "not measured: what its absence is judged by" if abstained else "does not apply"
        return FamilyGrade(family, None, tuple(abstained), why), []
    points = sum(remark.points for remark in remarks)
    return FamilyGrade(family, max(0, 100 - points), tuple(abstained)), remarks
