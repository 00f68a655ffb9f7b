"""How rules are applied: absence, abstention, points, evidence. On rules made for the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dnstats.answer import Reason
from dnstats.grade import rule as mechanism
from dnstats.grade.grading import grade_family, grade_site, ungraded_site
from dnstats.grade.rule import (
    MAX_EVIDENCE,
    RULES,
    Abstain,
    Remark,
    Rule,
    rule,
    rules_by_needs,
    rules_of,
)
from dnstats.grade.scale import POINTS, Severity
from dnstats.records.record import NotMeasured, Reading

SILENT = NotMeasured(Reason.TIMEOUT, "TXT example.com")


class Letterhead(Reading, frozen=True):
    """A record family that no site has."""

    text: str = ""
    part: NotMeasured | str = ""


class Envelope(Reading, frozen=True):
    """Another one."""


@pytest.fixture
def own_rules(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Rule]]:
    """An empty registry, and functions here count as rules of the family of this file."""
    registry: dict[str, Rule] = {}
    monkeypatch.setattr(mechanism, "RULES", registry)
    forget_rules()
    yield registry
    forget_rules()


def forget_rules() -> None:
    rules_of.cache_clear()
    rules_by_needs.cache_clear()


def declare(code: str, severity: Severity = Severity.MEDIUM) -> Rule:
    @rule(code, severity, reference="https://example.org/#1", passes=[], fails=[])
    def a_letterhead_is_too_long(letterhead: Letterhead) -> str | Abstain | None:
        """A letterhead is too long.

        Nobody reads it. Shorten it.
        """
        if isinstance(letterhead.part, NotMeasured):
            return Abstain("the part")
        return letterhead.text if len(letterhead.text) > 3 else None

    return mechanism.RULES[code]


def declare_absence(code: str, severity: Severity = Severity.CRITICAL) -> Rule:
    @rule(code, severity, reference="https://example.org/#2", passes=[], fails=[])
    def no_letterhead(letterhead: Letterhead | None, envelope: Envelope | None) -> str | None:
        """There is no letterhead."""
        return "none" if letterhead is None and envelope is not None else None

    return mechanism.RULES[code]


FAMILY = __name__.rpartition(".")[2]
"""The family of a rule is the module that it stands in."""


def test_a_rule_is_read_from_its_function(own_rules: dict[str, Rule]) -> None:
    one = declare("LETTER001")
    assert one.family == FAMILY
    assert one.title == "A letterhead is too long."
    assert one.help == "Nobody reads it. Shorten it."
    assert one.reads == ("letterhead",)
    assert one.judges_absence == (False,)
    assert declare_absence("LETTER002").judges_absence == (True, True)


def test_a_code_is_given_once(own_rules: dict[str, Rule]) -> None:
    declare("LETTER001")
    with pytest.raises(ValueError, match="LETTER001 exists twice"):
        declare("LETTER001")


def test_a_fault_is_a_remark_with_its_points(own_rules: dict[str, Rule]) -> None:
    remark = declare("LETTER001").apply({"letterhead": Letterhead("long")})
    assert remark == Remark("LETTER001", FAMILY, Severity.MEDIUM, POINTS[Severity.MEDIUM], "long")


def test_a_kept_rule_says_nothing(own_rules: dict[str, Rule]) -> None:
    assert declare("LETTER001").apply({"letterhead": Letterhead("ok")}) is None


def test_absence_is_judged_only_by_a_rule_that_asks_for_it(own_rules: dict[str, Rule]) -> None:
    absent = {"letterhead": None, "envelope": Envelope()}
    assert declare("LETTER001").apply(absent) is None
    assert isinstance(declare_absence("LETTER002").apply(absent), Remark)


@pytest.mark.parametrize("readings", [{}, {"letterhead": SILENT, "envelope": Envelope()}])
def test_what_was_not_measured_is_never_judged(
    own_rules: dict[str, Rule], readings: dict[str, Reading | None]
) -> None:
    assert isinstance(declare("LETTER001").apply(readings), Abstain)
    assert isinstance(declare_absence("LETTER002").apply(readings), Abstain)


def test_an_abstention_says_what_was_missing(own_rules: dict[str, Rule]) -> None:
    assert declare("LETTER001").apply({"letterhead": SILENT}) == Abstain("letterhead: timeout")


def test_one_family_of_two_not_measured_is_enough_to_abstain(own_rules: dict[str, Rule]) -> None:
    one = declare_absence("LETTER002")
    assert isinstance(one.apply({"letterhead": None, "envelope": SILENT}), Abstain)
    assert isinstance(one.apply({"letterhead": SILENT, "envelope": None}), Abstain)


def test_a_rule_may_abstain_for_a_part(own_rules: dict[str, Rule]) -> None:
    verdict = declare("LETTER001").apply({"letterhead": Letterhead("long", SILENT)})
    assert verdict == Abstain("the part")


def test_evidence_is_cut_at_its_limit(own_rules: dict[str, Rule]) -> None:
    remark = declare("LETTER001").apply({"letterhead": Letterhead("x" * 65536)})
    assert isinstance(remark, Remark)
    assert len(remark.evidence) == MAX_EVIDENCE
    assert remark.evidence.endswith("…")


def test_points_of_all_remarks_are_lost_down_to_zero(own_rules: dict[str, Rule]) -> None:
    for number in range(12):
        declare(f"LETTER{number:03}", Severity.MEDIUM)
    family = {FAMILY: Letterhead("long"), "letterhead": Letterhead("long")}
    grade, remarks = grade_family(FAMILY, family)
    assert len(remarks) == 12
    assert grade.grade == 0


def test_a_family_that_was_not_measured_has_no_grade(own_rules: dict[str, Rule]) -> None:
    declare("LETTER001")
    for readings in ({}, {FAMILY: SILENT}):
        grade, remarks = grade_family(FAMILY, readings)
        assert grade.grade is None
        assert remarks == []
        assert grade.why_none.startswith("not ")


def test_a_family_that_is_absent_without_remark_does_not_apply(
    own_rules: dict[str, Rule],
) -> None:
    declare("LETTER001")
    grade, _ = grade_family(FAMILY, {FAMILY: None, "letterhead": Letterhead("ok")})
    assert grade.grade is None
    assert grade.why_none == "does not apply"


def test_a_family_that_is_absent_with_a_free_remark_has_no_grade_and_keeps_the_remark(
    own_rules: dict[str, Rule],
) -> None:
    declare_absence("LETTER001", Severity.NOTICE)
    readings = {FAMILY: None, "letterhead": None, "envelope": Envelope()}
    grade, remarks = grade_family(FAMILY, readings)
    assert (grade.grade, grade.why_none) == (None, "does not apply")
    assert [remark.code for remark in remarks] == ["LETTER001"]


def test_an_absence_that_nobody_could_judge_has_no_grade_for_want_of_an_answer(
    own_rules: dict[str, Rule],
) -> None:
    declare_absence("LETTER001")
    readings = {FAMILY: None, "letterhead": None, "envelope": SILENT}
    grade, _ = grade_family(FAMILY, readings)
    assert (grade.grade, grade.is_unmeasured) == (None, True)
    assert grade.abstained == ("LETTER001",)


def test_a_site_of_which_nothing_is_known_has_no_grade_and_no_remark() -> None:
    grades = grade_site({})
    assert grades.overall is None
    assert all(family.grade is None for family in grades.families)
    assert grades.remarks == ()


def test_a_site_where_every_question_failed_has_no_grade_and_no_remark() -> None:
    families = {name for one in RULES.values() for name in (*one.reads, one.family)}
    grades = grade_site(dict.fromkeys(families, SILENT))
    assert grades.overall is None
    assert grades.remarks == ()


def test_a_domain_that_does_not_exist_has_no_grade_but_a_reason() -> None:
    grades = ungraded_site("the domain does not exist")
    assert grades.overall is None
    assert {family.why_none for family in grades.families} == {"the domain does not exist"}
