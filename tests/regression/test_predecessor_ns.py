"""Bugs of the predecessor (dnstats.io, 2021) about name servers; each test names one."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Question
from dnstats.grade.grading import grade_family
from dnstats.grade.rule import Remark
from dnstats.grade.rules.ns.answers import name_servers_disagree
from dnstats.grade.scale import POINTS, Severity
from dnstats.records import ns
from dnstats.records.name_server import Service
from dnstats.records.ns import Ns

from tests.answers import run_plan
from tests.zone_answers import ZoneAnswers, silence

FIRST, SECOND = "198.41.0.4", "199.9.14.201"


def _read(world: ZoneAnswers) -> Ns:
    value = ns.read(world.site, world.look)
    assert isinstance(value, Ns)
    return value


def _grade(world: ZoneAnswers) -> tuple[int | None, list[Remark]]:
    family, remarks = grade_family("ns", {"ns": _read(world)})
    return family.grade, remarks


def test_predecessor_bug_02_each_server_is_asked_itself() -> None:
    world = ZoneAnswers()
    asked = run_plan(ns.questions(world.site), world.look)
    for address in (FIRST, SECOND):
        assert world.direct(address, wire.NS) in asked
    world.put(world.direct(SECOND, wire.NS), [("example.com", "NS", "other.example.")])
    sets = {one.address: one.names for one in _read(world).addresses}
    assert sets[FIRST] != sets[SECOND]


def test_predecessor_bug_02_a_lame_server_is_seen() -> None:
    world = ZoneAnswers()
    for rdtype in (wire.NS, wire.SOA):
        world.put(world.direct(FIRST, rdtype), aa=False)
    assert {one.address: one.service for one in _read(world).addresses}[FIRST] is Service.LAME
    assert "NS006" in {remark.code for remark in _grade(world)[1]}


def test_predecessor_bug_03_a_server_without_address_does_not_lose_the_site() -> None:
    world = ZoneAnswers()
    world.move("ns1.example.net", ())
    grade, remarks = _grade(world)
    assert grade is not None
    assert "NS004" in {remark.code for remark in remarks}
    run_plan(ns.questions(world.site), world.look)


def test_predecessor_bug_04_a_server_that_says_nothing_is_no_mismatch() -> None:
    world = ZoneAnswers()
    world.give_server(SECOND, silence)
    value = _read(world)
    assert {one.address: one.names for one in value.addresses}[SECOND] is None
    grade, remarks = _grade(world)
    assert grade == 100
    assert {remark.code for remark in remarks} == {"NS010", "NS030"}, "notices that cost nothing"


def test_predecessor_bug_05_one_deviating_server_is_counted_once() -> None:
    hosts = {f"ns{n}.example.net": (f"198.41.{n}.4", f"2600:{n}::1") for n in range(1, 6)}
    world = ZoneAnswers(hosts=hosts)
    full = _grade(world)
    assert full == (100, [])
    for address in hosts["ns3.example.net"]:
        world.put(world.direct(address, wire.NS), [("example.com", "NS", "ns3.example.net.")])
    grade, remarks = _grade(world)
    assert [remark.code for remark in remarks] == ["NS011"]
    assert grade == 100 - POINTS[Severity.MEDIUM]
    evidence = name_servers_disagree(_read(world))
    assert isinstance(evidence, str)
    assert evidence.count(";") == 0, "one deviating set, named once"
    assert "ns1.example.net" not in evidence


def test_predecessor_bug_05_each_deviating_set_is_named_once() -> None:
    hosts = {f"ns{n}.example.net": (f"198.41.{n}.4",) for n in range(1, 5)}
    world = ZoneAnswers(hosts=hosts)
    for address in ("198.41.1.4", "198.41.2.4"):
        world.put(world.direct(address, wire.NS), [("example.com", "NS", "a.example.")])
    world.put(world.direct("198.41.3.4", wire.NS), [("example.com", "NS", "b.example.")])
    evidence = name_servers_disagree(_read(world))
    assert isinstance(evidence, str)
    assert evidence.count(";") == 1


def test_predecessor_bug_31_a_zone_without_ns_gets_zero_with_a_remark() -> None:
    grade, remarks = _grade(ZoneAnswers(hosts={}))
    assert grade == 0
    assert [remark.code for remark in remarks] == ["NS001"]


def test_predecessor_bug_31_a_name_that_is_no_zone_gets_no_grade_and_no_remark() -> None:
    world = ZoneAnswers("www.example.com", hosts={})
    for rdtype in (wire.NS, wire.SOA):
        world.put(
            Question("www.example.com", rdtype),
            (),
            [("example.com", "SOA", "ns1.example. a.example. 1 2 3 4 5")],
        )
    reading = ns.read(world.site, world.look)
    family, remarks = grade_family("ns", {"ns": reading})
    assert (family.grade, remarks) == (None, [])
