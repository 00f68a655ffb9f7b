"""What the next letter would cost: the fewest remarks to mend for it. Pure; asks nobody.

Works on what is stored: a site's grades and remarks of one version of the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Protocol

import msgspec

from dnstats.grade.scale import (
    FATAL,
    LETTERS,
    WEIGHTS,
    is_unmeasured,
    letter,
    overall,
    overall_fraction,
)


class Graded(Protocol):
    """A family's grade: FamilyGrade, or a row of the table grades."""

    @property
    def family(self) -> str: ...
    @property
    def grade(self) -> int | None: ...
    @property
    def why_none(self) -> str | None: ...


class Remarked(Protocol):
    """A remark: Remark, or a row of the table remarks."""

    @property
    def code(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def points(self) -> int: ...


Grades = Mapping[str, int | None]
Mended = tuple[Remarked, ...]


class NextLetter(msgspec.Struct, frozen=True):
    """The way to a better letter.

    `mend` holds codes of rules, the one that gains most first. `reaches` is the overall grade when
    these are mended and nothing new is found; None when a fatal fault hides the rest of the site.
    """

    grade: int  # overall, now
    letter: str  # now
    next: str  # the letter aimed at
    mend: tuple[str, ...]
    reaches: int | None


def next_letter(grades: Iterable[Graded], remarks: Sequence[Remarked]) -> NextLetter | None:
    """The fewest remarks that lift the site to the next letter, or above it; among as few, those
    that gain most. None for a site without overall grade, and for one that has the best letter.
    """
    families = [one for one in grades if one.family in WEIGHTS]
    known = {one.family: one.grade for one in families}
    unmeasured = [one.family for one in families if is_unmeasured(one.grade, one.why_none)]
    fatal = tuple(remark for remark in remarks if remark.code in FATAL)
    now = overall(known, unmeasured, bool(fatal))
    if now is None or letter(now) == LETTERS[0][1]:
        return None
    lowest, aim = _above(letter(now))
    for mended in _best_of_each_number(known, remarks, fatal):
        then = overall(_after(known, remarks, mended), unmeasured)
        if then is None or then >= lowest:
            codes = tuple(one.code for one in sorted(mended, key=_gain, reverse=True))
            return NextLetter(now, letter(now), aim, codes, then)
    return None  # not reached: without any remark the grade is 100


def _above(name: str) -> tuple[int, str]:
    """The letter above, with its lowest grade."""
    return next(better for better, this in pairwise(LETTERS) if this[1] == name)


def _gain(remark: Remarked) -> int:
    return remark.points * WEIGHTS[remark.family]


def _best_of_each_number(
    known: Grades, remarks: Sequence[Remarked], fatal: Mended
) -> Iterator[Mended]:
    """The best choice of remarks for each number of them, the fewest first; the fatal always.

    Within a family the dearest come first; how many of which family is a knapsack whose items all
    weigh the same, so the best of every number is built up family by family.
    """
    best: dict[int, Mended] = {len(fatal): fatal}
    for family, weight in WEIGHTS.items():
        own = [one for one in remarks if one.family == family and one.points and one not in fatal]
        if not own or not weight or known.get(family) is None:
            continue
        own.sort(key=lambda one: (-one.points, one.code))
        for count, chosen in list(best.items()):
            for more in range(1, len(own) + 1):
                choice = (*chosen, *own[:more])
                rival = best.get(count + more)
                if rival is None or _worth(known, remarks, choice) > _worth(known, remarks, rival):
                    best[count + more] = choice
    for count in sorted(best):
        yield best[count]


def _worth(known: Grades, remarks: Sequence[Remarked], mended: Mended) -> int:
    fraction = overall_fraction(_after(known, remarks, mended))
    return fraction[0] if fraction else 0


def _after(known: Grades, remarks: Sequence[Remarked], mended: Mended) -> Grades:
    """The families' grades when these remarks are gone."""
    left = dict.fromkeys((family for family, grade in known.items() if grade is not None), 100)
    gone = {one.code for one in mended}
    for remark in remarks:
        if remark.code not in gone and remark.family in left:
            left[remark.family] -= remark.points
    return {family: max(0, points) for family, points in left.items()}
