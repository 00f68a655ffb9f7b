"""Bugs of the predecessor (dnstats.io, 2021) about the SOA; each test names one."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Question
from dnstats.grade.grading import grade_family
from dnstats.records import soa
from dnstats.records.soa import Soa

from tests.zone_answers import SOA, ZoneAnswers

QUESTION = Question("example.com", wire.SOA)


def test_predecessor_bug_26_several_soa_are_read_and_graded() -> None:
    world = ZoneAnswers()
    lines = [
        ("example.com", "SOA", SOA),
        ("example.com", "SOA", SOA.replace("2026112400", "7")),
    ]
    world.put(QUESTION, lines)
    value = soa.read(world.site, world.look)
    assert isinstance(value, Soa)
    assert len(value.records) == 2
    family, remarks = grade_family("soa", {"soa": value})
    assert family.grade is not None
    assert family.grade < 100
    assert "SOA002" in {remark.code for remark in remarks}


def test_predecessor_bug_31_a_zone_without_soa_gets_zero_with_a_remark() -> None:
    world = ZoneAnswers()
    world.put(QUESTION, (), [("com", "SOA", SOA)])
    family, remarks = grade_family("soa", {"soa": soa.read(world.site, world.look)})
    assert family.grade == 0
    assert [remark.code for remark in remarks] == ["SOA001"]


def test_the_predecessors_peers_fail_google_and_this_does_not() -> None:
    world = ZoneAnswers("google.com", soa="ns1.google.com. dns-admin.google.com. 7 900 900 1800 60")
    family, remarks = grade_family("soa", {"soa": soa.read(world.site, world.look)})
    assert family.grade == 100
    assert {remark.points for remark in remarks} == {0}
