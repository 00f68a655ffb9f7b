"""The promise: what nobody could tell never costs a point, and is never told as absence.

Sites are put together from the readings of all rules' examples, then whole families, or parts of
them, are silenced.
"""

from __future__ import annotations

import functools
import typing
from typing import Any

import dnstats.grade.rules  # noqa: F401  (registers every rule)
import msgspec
import pytest
from dnstats.answer import Reason
from dnstats.grade.examples import read_example
from dnstats.grade.grading import SiteGrades, grade_site
from dnstats.grade.rule import RULES
from dnstats.grade.scale import ESSENTIAL, NEEDED, POINTS, WEIGHTS
from dnstats.grade.zone_examples import signed
from dnstats.records import FAMILIES
from dnstats.records.dane import Dane, DaneHost, Tlsa
from dnstats.records.dnssec_state import State
from dnstats.records.record import NotMeasured, Reading
from hypothesis import given, settings
from hypothesis import strategies as st

SILENT = NotMeasured(Reason.TIMEOUT, "TXT example.com")


@functools.cache
def known_readings() -> dict[str, tuple[Reading | None, ...]]:
    """Every reading that stands in an example, by family."""
    known: dict[str, dict[str, Reading | None]] = {family: {} for family in FAMILIES}
    for rule in RULES.values():
        for example in (*rule.passes, *rule.fails):
            for family, reading in read_example(example).items():
                known[family][repr(reading)] = reading
    return {family: (None, *readings.values()) for family, readings in known.items()}


sites = st.fixed_dictionaries(
    {family: st.sampled_from(known_readings()[family]) for family in FAMILIES}
)
some_families = st.sets(st.sampled_from(FAMILIES), min_size=1)


def found(grades: SiteGrades) -> set[str]:
    return {remark.code for remark in grades.remarks}


INSTEAD = {
    "NS018": "NS013",  # two servers share an address: known, though not whether all do
    "NS027": "NS004",  # no glue for certain, though not whether the host has addresses at all
    "DNSSEC001": "DNSSEC002",  # insecure for certain, though not whether there are keys
}
"""Remarks that come in the place of one that says more, where only the lesser is certain."""


def check_no_worse(before: SiteGrades, after: SiteGrades) -> None:
    """No remark that was not there, and no lower grade."""
    assert {INSTEAD.get(code, code) for code in found(after) - found(before)} <= found(before)
    was = {one.family: one.grade for one in before.families}
    for one in after.families:
        is_known = one.grade is not None and was[one.family] is not None
        assert not is_known or (one.grade or 0) >= (was[one.family] or 0), one.family
    if after.overall is not None and before.overall is not None:
        assert after.overall >= before.overall


@settings(max_examples=400, deadline=None)
@given(sites, some_families)
def test_a_family_that_was_not_measured_costs_nothing_anywhere(
    site: dict[str, Reading | None], silent: set[str]
) -> None:
    before = grade_site(site)
    after = grade_site({name: SILENT if name in silent else one for name, one in site.items()})
    check_no_worse(before, after)
    for one in after.families:
        if one.family in silent:
            assert one.grade is None
            assert one.why_none == "not measured: timeout"
    is_bogus = "DNSSEC003" in found(after)
    if silent & set(NEEDED) and not is_bogus:
        assert after.overall is None


@pytest.mark.parametrize("family", FAMILIES)
def test_a_rule_abstains_by_name_where_its_family_was_not_measured(family: str) -> None:
    site = {name: SILENT if name == family else readings[-1]
            for name, readings in known_readings().items()}  # fmt: skip
    for one in grade_site(site).families:
        for code in one.abstained:
            assert RULES[code].family == one.family


@pytest.mark.parametrize("code", sorted(ESSENTIAL))
def test_a_family_has_no_grade_while_the_main_thing_is_open(code: str) -> None:
    if code not in ("DANE002", "DANE003"):  # what is not secured is no DANE at all
        assert POINTS[RULES[code].severity] == 100, "a lesser unknown leaves an upper bound"


def test_dane_has_no_grade_while_nobody_can_tell_whether_it_is_secured() -> None:
    tlsa = Tlsa(3, 1, 1, "00" * 32, 32)
    for secure in ((None, True, True), (True, None, True), (True, True, None)):
        value = Dane((DaneHost("mx.example.com", (tlsa,), *secure[:2]),), secure[2])
        [dane] = [one for one in grade_site({"dane": value}).families if one.family == "dane"]
        assert dane.grade is None
        assert dane.why_none.startswith("not measured")


def test_a_zone_of_which_no_resolver_says_whether_it_is_bogus_has_no_grade() -> None:
    readings = {"dnssec": signed(state=State.INDETERMINATE)}
    dnssec = next(one for one in grade_site(readings).families if one.family == "dnssec")
    assert (dnssec.grade, dnssec.why_none) == (None, "not measured: what DNSSEC003 needs")


def test_a_remark_beside_an_absence_that_nobody_could_judge_makes_no_grade() -> None:
    site = read_example({"spf": None, "misplaced": " v=spf1 -all"}) | {"mx": SILENT}
    spf = next(one for one in grade_site(site).families if one.family == "spf")
    assert (spf.grade, spf.is_unmeasured) == (None, True)


class Silencer:
    """Replaces parts of a reading that may be NotMeasured; `choose` says of each whether."""

    def __init__(self, choose: Any) -> None:
        self.choose = choose
        self.silenced = 0

    def __call__(self, value: Any) -> Any:
        if isinstance(value, tuple) and not hasattr(value, "_fields"):
            return tuple(self(one) for one in value)
        if not isinstance(value, msgspec.Struct) or isinstance(value, NotMeasured):
            return value
        hints = typing.get_type_hints(type(value))
        changed = {}
        for name in value.__struct_fields__:
            part = getattr(value, name)
            may_be_silent = NotMeasured in typing.get_args(hints[name])
            if may_be_silent and not isinstance(part, NotMeasured) and self.choose():
                changed[name] = SILENT
                self.silenced += 1
            else:
                changed[name] = self(part)
        return msgspec.structs.replace(value, **changed)


@settings(max_examples=400, deadline=None)
@given(sites, st.data())
def test_a_part_that_was_not_measured_costs_nothing_anywhere(
    site: dict[str, Reading | None], data: st.DataObject
) -> None:
    silence = Silencer(lambda: data.draw(st.booleans()))
    before = grade_site(site)
    after = grade_site({name: silence(one) for name, one in site.items()})
    check_no_worse(before, after)


def test_there_are_parts_to_silence() -> None:
    silence = Silencer(lambda: True)
    silenced = set()
    for family, readings in known_readings().items():
        for reading in readings:
            count = silence.silenced
            silence(reading)
            if silence.silenced > count:
                silenced.add(family)
    assert silenced >= {"ns", "mx", "dnssec", "address", "https", "mta_sts"}


def test_every_family_is_graded() -> None:
    assert {*WEIGHTS, "misplaced"} == set(FAMILIES), (
        "say in WEIGHTS of grade/scale.py what a family counts in the whole; 0: it is only graded"
    )
