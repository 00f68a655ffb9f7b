"""The whole policy on one screen: what a severity costs, what a grade is called, what counts.

Change a number here and RULES_VERSION with it (a test compares it with the fingerprint).
"""

from __future__ import annotations

from enum import StrEnum

RULES_VERSION = 1
"""Stored with every grade; raised with every change of a rule, a severity, or this file."""


class Severity(StrEnum):
    """How bad a fault is; the rule says which, this file says what that costs."""

    CRITICAL = "critical"  # the protection, or the service, does not exist at all
    HIGH = "high"  # a receiver or resolver will ignore the record or fail now and then
    MEDIUM = "medium"  # works, with a real weakness
    LOW = "low"  # a small weakness, or a trap for later
    NOTICE = "notice"  # worth knowing; costs nothing


POINTS: dict[Severity, int] = {
    Severity.CRITICAL: 100,
    Severity.HIGH: 40,
    Severity.MEDIUM: 15,
    Severity.LOW: 5,
    Severity.NOTICE: 0,
}

WEIGHTS: dict[str, int] = {
    "dmarc": 25,
    "spf": 20,
    "dnssec": 15,
    "ns": 15,
    "caa": 10,
    "mx": 10,
    "soa": 5,
    "bimi": 0,
}
"""Share of each family in the overall grade. A family whose grade is NULL (not measured, or does
not apply) does not count, and the others share its weight. BIMI is graded and weighs nothing: it
is still an Internet-Draft and a matter of branding."""

LETTERS: tuple[tuple[int, str], ...] = (
    (97, "A+"), (93, "A"), (90, "A-"), (87, "B+"), (83, "B"), (80, "B-"), (77, "C+"), (73, "C"),
    (70, "C-"), (67, "D+"), (63, "D"), (60, "D-"), (0, "F"),
)  # fmt: skip
"""The lowest grade that still earns each letter."""


def letter(grade: int) -> str:
    """The letter of a grade of 0-100."""
    return next(name for lowest, name in LETTERS if grade >= lowest)


def overall(grades: dict[str, int | None]) -> int | None:
    """The weighted mean of the family grades that count, rounded half up; None without any."""
    counting = [
        (grade, WEIGHTS.get(family, 0)) for family, grade in grades.items() if grade is not None
    ]
    total = sum(weight for _, weight in counting)
    if not total:
        return None
    return int(sum(grade * weight for grade, weight in counting) / total + 0.5)
