"""Bugs of the predecessor (dnstats.io, 2021) about CAA; each test names one."""

from __future__ import annotations

import pytest
from dnstats import wire
from dnstats.answer import Question
from dnstats.grade.grading import grade_family
from dnstats.grade.rule import Remark
from dnstats.records import caa
from dnstats.records.caa import Caa, parse_example
from dnstats.records.record import Site

from tests.answers import look_of, nodata, present


def _costly(caa_value: Caa) -> list[Remark]:
    return [remark for remark in grade_family("caa", {"caa": caa_value})[1] if remark.points]


def test_predecessor_bug_17_issue_is_not_counted_as_issuewild() -> None:
    value = parse_example(('0 issue "a.example"', '0 issue "b.example"'))
    assert value.of("issuewild") == ()
    assert len(parse_example(('0 issue "a.example"', '0 issuewild ";"')).of("issuewild")) == 1


@pytest.mark.parametrize(
    "records",
    [
        ('0 issuewild "a.example"', '0 iodef "mailto:a@b.example"'),
        ('0 issue "a.example ; accounturi=https://a.example/1"', '0 iodef "mailto:a@b.example"'),
        ('128 issue "a.example"', '0 iodef "mailto:a@b.example"'),
        ('0 ISSUE "a.example"', '0 iodef "mailto:a@b.example"'),
    ],
)
def test_predecessor_bug_18_valid_sets_lose_nothing(records: tuple[str, ...]) -> None:
    assert _costly(parse_example(records)) == []


def test_predecessor_bug_18_the_tree_is_climbed() -> None:
    site = Site(1, "shop.example.com")
    own, parent = Question("shop.example.com", wire.CAA), Question("example.com", wire.CAA)
    value = caa.read(site, look_of(nodata(own), present(parent, '0 issue "a.example"')))
    assert isinstance(value, Caa)
    assert value.level == 1


def test_predecessor_bug_18_unknown_tags_are_seen() -> None:
    value = parse_example(('0 issue "a.example"', '0 isue "b.example"'))
    assert "CAA008" in {remark.code for remark in _costly(value)}


def test_predecessor_bug_18_the_critical_flag_decides() -> None:
    harmless = parse_example(('0 issue "a.example"', '0 future "x"'))
    blocking = parse_example(('0 issue "a.example"', '128 future "x"'))
    assert harmless.issuers == ("a.example",)
    assert blocking.issuers == ()
    assert "CAA007" in {remark.code for remark in _costly(blocking)}


def test_predecessor_bug_31_no_caa_has_a_remark_that_explains_the_grade() -> None:
    family, remarks = grade_family("caa", {"caa": None})
    assert family.grade == 100 - sum(remark.points for remark in remarks) < 100
    assert [remark.code for remark in remarks] == ["CAA001"]
