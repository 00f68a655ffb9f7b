"""What the zone above says: asked of one of its servers, told apart from the child's word."""

from __future__ import annotations

import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.records import ns
from dnstats.records.delegation import Delegation, Glue, Source, read_delegation
from dnstats.records.dnssec_rdata import Ds
from dnstats.records.record import NotMeasured

from tests.answers import (
    nodata,
    nxdomain,
    present,
    refused,
    run_plan,
    servfail,
    timeout,
    unmeasured,
)
from tests.zone_answers import PARENT, SOA, ZoneAnswers, message_answer

DIRECT = Question("example.com", wire.NS, PARENT)


def _read(world: ZoneAnswers) -> Delegation:
    value = read_delegation(world.domain, world.look)
    assert isinstance(value, Delegation)
    return value


def test_the_delegation_is_read_with_its_ds_and_its_glue() -> None:
    world = ZoneAnswers()
    world.delegate(
        ["ns1.example.com", "ns2.example.net"],
        ("example.com", "DS", "2371 13 2 " + "ab" * 32),
        glue=[
            ("ns1.example.com", "A", "198.41.0.4"),
            ("ns1.example.com", "AAAA", "2001:503:ba3e::2:30"),
            ("stranger.example.com", "A", "198.41.0.9"),
        ],
    )
    assert _read(world) == Delegation(
        "com",
        PARENT,
        Source.REFERRAL,
        ("ns1.example.com", "ns2.example.net"),
        3600,
        0,
        (Ds(2371, 13, 2, "ab" * 32),),
        (Glue("ns1.example.com", ("198.41.0.4", "2001:503:ba3e::2:30")),),
    )


def test_it_is_part_of_the_ns_reading() -> None:
    world = ZoneAnswers()
    world.delegate(["old.example.net"])
    value = ns.read(world.site, world.look)
    assert isinstance(value, ns.Ns)
    assert isinstance(value.parent, Delegation)
    assert value.parent.names == ("old.example.net",)
    assert value.names == ("ns1.example.net", "ns2.example.net")


def test_a_parent_that_serves_the_child_too_speaks_for_the_child() -> None:
    world = ZoneAnswers()
    world.put(DIRECT, [("example.com", "NS", "ns1.example.net.")])
    value = _read(world)
    assert (value.source, value.tells, value.names) == (Source.CHILD, False, ("ns1.example.net",))


@pytest.mark.parametrize("make", [nodata, nxdomain])
def test_a_parent_that_delegates_nothing_says_so(make) -> None:  # type: ignore[no-untyped-def]
    world = ZoneAnswers()
    world.give(make(DIRECT, aa=True))
    value = _read(world)
    assert (value.source, value.tells, value.names) == (Source.NONE, True, ())


@pytest.mark.parametrize("make", [timeout, refused, servfail])
def test_a_parent_that_does_not_tell_is_not_measured(make) -> None:  # type: ignore[no-untyped-def]
    world = ZoneAnswers()
    world.give(make(DIRECT))
    value = read_delegation("example.com", world.look)
    assert isinstance(value, NotMeasured)
    assert value.question == f"NS example.com at {PARENT}"
    world.give(make(Question("com", wire.NS)))
    value = read_delegation("example.com", world.look)
    assert isinstance(value, NotMeasured)
    assert value.question == "NS com"


@pytest.mark.parametrize("reason", list(Reason))
def test_no_reason_becomes_a_delegation_or_none(reason: Reason) -> None:
    world = ZoneAnswers()
    for question in (DIRECT, Question("com", wire.NS), Question("a.nic.com", wire.A)):
        world = ZoneAnswers()
        world.give(unmeasured(question, reason))
        assert isinstance(read_delegation("example.com", world.look), NotMeasured)


def test_a_referral_elsewhere_is_lame_and_no_delegation() -> None:
    for owner in ("com", ".", "www.example.com", "example.org"):
        answer = message_answer(DIRECT, (), [(owner, "NS", "a.nic.com.")], aa=False)
        assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.LAME)


def test_a_referral_is_neither_present_nor_absent() -> None:
    answer = message_answer(DIRECT, (), [("example.com", "NS", "a.nic.com.")], aa=False)
    assert answer.outcome is Outcome.REFERRAL
    assert answer.is_measured
    assert not answer.is_present
    assert not answer.is_absent
    assert answer.rrset() is None


def test_a_resolver_never_refers() -> None:
    question = Question("example.com", wire.NS)
    answer = message_answer(question, (), [("example.com", "NS", "a.nic.com.")], aa=False)
    assert answer.reason is Reason.LAME


def test_another_server_is_asked_only_when_the_first_does_not_tell() -> None:
    world = ZoneAnswers()
    world.put(Question("com", wire.NS), [("com", "NS", f"{one}.nic.com.") for one in "abc"])
    for number, host in enumerate("abc"):
        world.move(f"{host}.nic.com", (f"192.5.6.{number}",))
        question = world.direct(f"192.5.6.{number}", wire.NS)
        world.put(question, (), [("example.com", "NS", "ns1.example.net.")], aa=False)
    above = [one for one in run_plan(ns.questions(world.site), world.look) if "192.5" in one.server]
    assert len(above) == 1
    world.give(timeout(above[0]))
    asked = [one for one in run_plan(ns.questions(world.site), world.look) if "192.5" in one.server]
    assert len(asked) == 2
    assert _read(world).server == asked[1].server
    world.give(timeout(asked[1]))
    assert isinstance(read_delegation("example.com", world.look), NotMeasured)


def test_sites_share_the_servers_above_among_them() -> None:
    world = ZoneAnswers()
    world.put(Question("com", wire.NS), [("com", "NS", f"{one}.nic.com.") for one in "abcd"])
    for number, host in enumerate("abcd"):
        world.move(f"{host}.nic.com", (f"192.5.6.{number}",))
    asked: dict[str, int] = {}

    def look(question: Question) -> Answer:
        if question.server.startswith("192.5"):
            asked[question.server] = asked.get(question.server, 0) + 1
            return refused(question)
        if question.rdtype == wire.NS and question.name.startswith("site"):
            return present(question, "ns1.example.net.")
        return world.look(question)

    for number in range(200):
        run_plan(ns.questions(world.site._replace(domain=f"site{number}.com")), look)
    assert len(asked) == 4
    assert max(asked.values()) < 2 * min(asked.values())


def test_the_nearest_zone_above_counts_and_names_between_do_not() -> None:
    world = ZoneAnswers("example.city.kawasaki.jp")
    world.delegate()
    world.put(Question("city.kawasaki.jp", wire.NS), (), [("jp", "SOA", SOA)])
    world.put(Question("kawasaki.jp", wire.NS), (), [("jp", "SOA", SOA)])
    world.put(Question("jp", wire.NS), [("jp", "NS", "a.nic.city.kawasaki.jp.")])
    assert _read(world).parent == "jp"


def test_a_top_level_domain_has_no_parent_that_is_asked() -> None:
    assert read_delegation("com", ZoneAnswers().look) is None
