"""Odd cases of the rules about CAA; the ordinary ones are the rules' own examples."""

from __future__ import annotations

import msgspec
from dnstats.answer import Reason
from dnstats.grade.grading import grade_family
from dnstats.grade.rule import RULES, Abstain
from dnstats.grade.zone_examples import signed
from dnstats.records.caa import Caa, parse_example
from dnstats.records.caa_property import read_property
from dnstats.records.dnssec_state import State
from dnstats.records.record import NotMeasured
from hypothesis import given
from hypothesis import strategies as st

SOUND = parse_example(
    (
        '0 issue "ca.example; accounturi=https://ca.example/acct/1; validationmethods=dns-01"',
        '0 issuewild ";"',
        '0 issuemail ";"',
        '0 iodef "mailto:pki@example.com"',
    )
)


def _codes(value: Caa) -> set[str]:
    return {remark.code for remark in grade_family("caa", {"caa": value})[1]}


def test_a_sound_set_scores_full_marks_without_a_remark() -> None:
    family, remarks = grade_family("caa", {"caa": SOUND, "dnssec": signed()})
    assert (family.grade, family.abstained, remarks) == (100, (), [])


def test_forbidding_everything_is_full_marks() -> None:
    value = parse_example(('0 issue ";"', '0 issuemail ";"', '0 iodef "mailto:pki@example.com"'))
    assert _codes(value) == set()


def test_an_inherited_set_counts_as_much_as_an_own_one() -> None:
    inherited = msgspec.structs.replace(SOUND, level=1)
    assert grade_family("caa", {"caa": inherited})[0].grade == 100


def test_dnssec_not_measured_leaves_one_rule_open_and_the_grade_alone() -> None:
    readings = {"caa": SOUND, "dnssec": NotMeasured(Reason.TIMEOUT)}
    assert isinstance(RULES["CAA021"].apply(readings), Abstain)
    assert grade_family("caa", readings)[0].grade == 100


def test_the_signing_of_a_child_says_nothing_about_an_inherited_set() -> None:
    inherited = msgspec.structs.replace(SOUND, level=1)
    insecure = signed(state=State.INSECURE, ds=(), dnskeys=())
    assert RULES["CAA021"].apply({"caa": inherited, "dnssec": insecure}) is None


def test_a_misspelt_issue_restricts_nothing_and_is_named() -> None:
    assert {"CAA002", "CAA008"} <= _codes(parse_example('0 isue "ca.example"'))


def test_only_broken_issue_values_forbid_and_are_told() -> None:
    value = parse_example('0 issue "https://ca.example"')
    assert value.issuers == ()
    assert "CAA003" in _codes(value)
    assert "CAA002" not in _codes(value)


@given(st.lists(st.binary(min_size=3, max_size=60), max_size=4))
def test_any_set_is_judged_without_a_crash_and_in_printable_words(rdata: list[bytes]) -> None:
    from dnstats.records.caa import caa_of

    properties = tuple(one for one in map(read_property, rdata) if one is not None)
    family, remarks = grade_family("caa", {"caa": caa_of("example.com", 0, properties, 1)})
    assert family.grade is not None
    assert all(remark.evidence.isprintable() for remark in remarks)
