"""The whole policy on one page: what a severity costs, what a grade is called, what counts.

Why it is as it is stands in `include/docs/grading.md`, for site owners, and in decision 0008.
Change a number here and RULES_VERSION with it (a test compares it with the fingerprint).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

RULES_VERSION = 8
"""Stored with every grade; raised with every change of a rule, a severity, or this file."""


class Severity(StrEnum):
    """How bad a fault is; the rule says which, this file says what that costs."""

    CRITICAL = "critical"  # the service fails, or anybody can pass for this domain
    HIGH = "high"  # a protection that the standards ask for is missing, or fails now and then
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
    "dnssec": 20,
    "ns": 15,
    "caa": 10,
    "mx": 10,
    "soa": 5,
    "dane": 5,
    "mta_sts": 5,
    "tls_rpt": 2,
    "bimi": 0,
    "https": 0,
    "address": 0,
    "msdcs": 0,
}
"""What each family weighs in the overall grade, in the order of all listings. The last four are
graded and weigh nothing: BIMI is an Internet-Draft and a matter of branding, HTTPS records and
addresses are the web's affair, `_msdcs` is a curiosity."""

EXTRAS = frozenset({"dane", "mta_sts", "tls_rpt"})
"""Families that nobody must publish (RFC 7672, 8461, 8460: for domains that want them). Published
without a fault they add nothing; what is wrong in them is taken off by their weight."""

NEEDED = ("ns", "soa", "dnssec", "caa", "mx", "spf", "dmarc")
"""Families that must all be measured for an overall grade: one from half of them could be compared
with nothing. The same that make a site count as measured."""

FATAL = frozenset({"DNSSEC003"})
"""Remarks that make the overall grade 0 by themselves. Behind a validating resolver a bogus zone
has no names at all (RFC 4035 section 5.5), whatever stands in it."""

ESSENTIAL = frozenset({"DANE002", "DANE003", "DNSSEC003", "MX002", "SPF022", "STS005"})
"""Rules whose abstention leaves their family without a grade: whether TLSA records are secured,
whether the zone is bogus, whether any mail host can be reached, what SPF says in the end, whether
the MTA-STS policy has a host. While that is unknown, all else is detail."""

DOES_NOT_APPLY = "does not apply"
"""Why a family has no grade: it is absent, and its absence costs nothing."""

LETTERS: tuple[tuple[int, str], ...] = (
    (97, "A+"), (93, "A"), (90, "A-"), (87, "B+"), (83, "B"), (80, "B-"), (77, "C+"), (73, "C"),
    (70, "C-"), (67, "D+"), (63, "D"), (60, "D-"), (0, "F"),
)  # fmt: skip
"""The lowest grade that still earns each letter."""


def letter(grade: int) -> str:
    """The letter of a grade of 0-100."""
    return next(name for lowest, name in LETTERS if grade >= lowest)


def is_unmeasured(grade: int | None, why_none: str | None) -> bool:
    """Whether there is no grade for want of an answer, and not because none is due."""
    return grade is None and why_none != DOES_NOT_APPLY


def overall(
    grades: Mapping[str, int | None],
    unmeasured: Collection[str] = (),
    fatal: bool = False,
) -> int | None:
    """The overall grade from those of the families; a family without grade does not count.

    The weighted mean, rounded half up, less what is wrong in the extras, floor 0. None without any
    grade, or when a needed family is among the `unmeasured`; 0 when a remark is `fatal`.
    """
    if fatal:
        return 0
    if any(family in unmeasured for family in NEEDED):
        return None
    fraction = overall_fraction(grades)
    if fraction is None:
        return None
    above, below = fraction
    return max(0, (2 * above + below) // (2 * below))


def overall_fraction(grades: Mapping[str, int | None]) -> tuple[int, int] | None:
    """The overall grade before rounding and floor, as numerator and denominator."""
    known = {family: grade for family, grade in grades.items() if grade is not None}
    mean = {family: grade for family, grade in known.items() if family not in EXTRAS}
    total = sum(WEIGHTS.get(family, 0) for family in mean)
    if not total:
        return None
    earned = sum(grade * WEIGHTS.get(family, 0) for family, grade in mean.items())
    lost = sum((100 - known[family]) * WEIGHTS[family] for family in EXTRAS if family in known)
    return 100 * earned - total * lost, 100 * total
