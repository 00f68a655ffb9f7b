"""What the next letter costs: the fewest remarks, compared with trying every choice."""

from __future__ import annotations

import itertools

from dnstats.grade.grading import FamilyGrade, grade_site
from dnstats.grade.next_letter import next_letter
from dnstats.grade.rule import Remark
from dnstats.grade.scale import DOES_NOT_APPLY, LETTERS, POINTS, WEIGHTS, Severity, letter, overall
from hypothesis import given, settings
from hypothesis import strategies as st


def _remark(number: int, family: str, severity: Severity) -> Remark:
    return Remark(f"{family}{number}", family, severity, POINTS[severity], "found")


def _grades(remarks: list[Remark], absent: frozenset[str] = frozenset()) -> list[FamilyGrade]:
    lost = dict.fromkeys(WEIGHTS, 0)
    for remark in remarks:
        lost[remark.family] += remark.points
    return [
        FamilyGrade(family, None, (), DOES_NOT_APPLY)
        if family in absent
        else FamilyGrade(family, max(0, 100 - lost[family]), ())
        for family in WEIGHTS
    ]


def _total(grades: list[FamilyGrade]) -> int:
    total = overall({grade.family: grade.grade for grade in grades})
    assert total is not None
    return total


remarks_of_a_site = st.lists(
    st.tuples(st.sampled_from(sorted(WEIGHTS)), st.sampled_from(list(Severity))), max_size=9
).map(lambda drawn: [_remark(number, *one) for number, one in enumerate(drawn)])


@settings(max_examples=150, deadline=None)
@given(remarks_of_a_site)
def test_no_smaller_choice_of_remarks_would_do(remarks: list[Remark]) -> None:
    now = _total(_grades(remarks))
    found = next_letter(_grades(remarks), remarks)
    if letter(now) == "A+":
        assert found is None
        return
    assert found is not None
    assert (found.grade, found.letter) == (now, letter(now))
    left = [remark for remark in remarks if remark.code not in found.mend]
    assert (
        found.reaches
        == _total(_grades(left))
        >= next(lowest for lowest, name in LETTERS if name == found.next)
    )
    for fewer in itertools.combinations(remarks, len(found.mend) - 1):
        rest = [remark for remark in remarks if remark not in fewer]
        assert letter(_total(_grades(rest))) == letter(now)


def test_the_dearest_faults_of_a_family_below_zero_are_mended_together() -> None:
    remarks = [_remark(1, "dmarc", Severity.CRITICAL), _remark(2, "dmarc", Severity.CRITICAL)]
    found = next_letter(_grades(remarks), remarks)
    assert found is not None
    assert set(found.mend) == {"dmarc1", "dmarc2"}
    assert found.reaches == 100


def test_a_family_that_does_not_apply_offers_nothing() -> None:
    remarks = [_remark(1, "mta_sts", Severity.NOTICE), _remark(2, "caa", Severity.HIGH)]
    found = next_letter(_grades(remarks, frozenset({"mta_sts"})), remarks)
    assert found is not None
    assert found.mend == ("caa2",)


def test_a_site_without_overall_grade_has_no_next_letter() -> None:
    assert next_letter(grade_site({}).families, ()) is None


def test_a_bogus_zone_is_mended_first_and_what_then_shows_is_unknown() -> None:
    remarks = [Remark("DNSSEC003", "dnssec", Severity.CRITICAL, 100, "bogus")]
    grades = [
        FamilyGrade(family, 0, ())
        if family == "dnssec"
        else FamilyGrade(family, None, (), "not measured: servfail")
        for family in WEIGHTS
    ]
    found = next_letter(grades, remarks)
    assert found is not None
    assert (found.grade, found.mend, found.reaches) == (0, ("DNSSEC003",), None)
