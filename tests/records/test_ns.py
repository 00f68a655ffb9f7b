"""The NS family: what is asked, and what each server's words amount to."""

from __future__ import annotations

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Answer, Question, Reason
from dnstats.records import ns
from dnstats.records.name_server import MAX_ADDRESSES, Service
from dnstats.records.ns import Ns
from dnstats.records.record import NotMeasured
from msgspec.structs import replace

from tests.answers import nodata, nxdomain, raw, refused, run_plan, servfail, timeout, unmeasured
from tests.zone_answers import PARENT, SOA, ZoneAnswers, message_answer, silence

FIRST = "198.41.0.4"
ABOVE = 4  # questions for the parent's word: its NS, its server's two addresses, the delegation


def _read(world: ZoneAnswers) -> Ns:
    value = ns.read(world.site, world.look)
    assert isinstance(value, Ns)
    assert msgspec.json.decode(msgspec.json.encode(value), type=Ns) == value
    return value


def _services(value: Ns) -> dict[str, Service]:
    return {one.address: one.service for one in value.addresses}


def test_the_set_its_hosts_and_every_address_are_asked() -> None:
    world = ZoneAnswers()
    asked = run_plan(ns.questions(world.site), world.look)
    assert asked[0] == Question("example.com", wire.NS)
    assert {question.server for question in asked if question.server} == {
        FIRST,
        "199.9.14.201",
        "2001:503:ba3e::2:30",
        PARENT,
    }
    assert len(asked) == len(set(asked)) == 1 + 4 + 6 + ABOVE


def test_every_question_that_is_read_was_asked() -> None:
    world = ZoneAnswers()
    asked = run_plan(ns.questions(world.site), world.look)
    looked: list[Question] = []

    def look(question: Question) -> Answer:
        looked.append(question)
        return world.look(question)

    ns.read(world.site, look)
    assert set(looked) <= set(asked)


def test_questions_are_bounded() -> None:
    hosts = {
        f"ns{n}.example.net": tuple(f"198.41.{n}.{k}" for k in range(1, 9))
        + tuple(f"2600:{n}::{k}" for k in range(1, 9))
        for n in range(1, 31)
    }
    world = ZoneAnswers(hosts=hosts)
    asked = run_plan(ns.questions(world.site), world.look)
    direct = {question.server for question in asked if question.server}
    assert len(direct - {PARENT}) == MAX_ADDRESSES
    assert len([question for question in asked if not question.server]) == 1 + 2 * 13 + ABOVE - 1
    value = _read(world)
    assert value.left_out == 17
    assert len(value.addresses) == MAX_ADDRESSES
    # The first address of every host and family goes before any second one.
    assert len([one for one in value.addresses if one.address.endswith((".1", "::1"))]) == 26


def test_no_more_than_two_addresses_of_a_host_and_family_are_asked() -> None:
    many = (*tuple(f"198.41.0.{n}" for n in range(1, 6)), "2600::1", "2600::2", "2600::3")
    world = ZoneAnswers(hosts={"ns1.example.net": many})
    asked = {question.server for question in run_plan(ns.questions(world.site), world.look)}
    assert asked - {"", PARENT} == {"198.41.0.1", "198.41.0.2", "2600::1", "2600::2"}


def test_servers_that_agree_are_authoritative() -> None:
    value = _read(ZoneAnswers())
    assert set(_services(value).values()) == {Service.AUTHORITATIVE}
    assert {one.names for one in value.addresses} == {value.names}
    assert {one.serial for one in value.addresses} == {2026112400}
    assert value.unmeasured == value.unheard == ()


@pytest.mark.parametrize(
    ("make", "service"),
    [
        (refused, Service.REFUSED),
        (servfail, Service.FAILS),
        (timeout, Service.SILENT),
        (lambda question: unmeasured(question, Reason.MALFORMED), Service.FAILS),
        (lambda question: unmeasured(question, Reason.UNREACHABLE), Service.UNREACHABLE),
        (lambda question: unmeasured(question, Reason.TRUNCATED), Service.SILENT),
        (lambda question: unmeasured(question, Reason.BAD_SERVER), Service.NOT_ASKED),
        (lambda question: unmeasured(question, Reason.OPTED_OUT), Service.NOT_ASKED),
        (lambda question: unmeasured(question, Reason.NOT_ASKED), Service.NOT_ASKED),
        (lambda question: message_answer(question, aa=False), Service.LAME),
        (
            lambda question: message_answer(
                question, (), [("com", "NS", "a.gtld-servers.net.")], aa=False
            ),
            Service.LAME,
        ),
        (
            lambda question: message_answer(
                question, (), [("example.com", "NS", "ns2.example.net.")], aa=False
            ),
            Service.LAME,
        ),
        (lambda question: nxdomain(question, aa=True), Service.DENIES),
        (lambda question: nodata(question, aa=True), Service.AUTHORITATIVE),
    ],
)
def test_each_fault_of_a_server_is_its_own(make, service: Service) -> None:  # type: ignore[no-untyped-def]
    world = ZoneAnswers()
    world.give_server(FIRST, make)
    value = _read(world)
    assert _services(value)[FIRST] is service
    others = {found for address, found in _services(value).items() if address != FIRST}
    assert others == {Service.AUTHORITATIVE}


@pytest.mark.parametrize("reason", list(Reason))
def test_no_reason_makes_a_server_authoritative_or_gives_it_an_empty_set(reason: Reason) -> None:
    world = ZoneAnswers()
    world.give_server(FIRST, lambda question: unmeasured(question, reason))
    (said,) = [one for one in _read(world).addresses if one.address == FIRST]
    assert said.service is not Service.AUTHORITATIVE
    assert said.service is not Service.DENIES
    assert said.names is None
    assert said.serial is None


def test_one_answer_of_two_is_enough_to_be_heard() -> None:
    world = ZoneAnswers()
    world.give(silence(world.direct(FIRST, wire.NS)))
    (said,) = [one for one in _read(world).addresses if one.address == FIRST]
    assert said.service is Service.AUTHORITATIVE
    assert said.names is None
    assert said.serial == 2026112400


def test_an_ns_set_that_differs_is_kept_with_its_server() -> None:
    world = ZoneAnswers()
    world.put(world.direct(FIRST, wire.NS), [("example.com", "NS", "old.example.net.")])
    (said,) = [one for one in _read(world).addresses if one.address == FIRST]
    assert said.names == ("old.example.net",)


def test_an_address_shared_by_two_hosts_is_asked_once() -> None:
    world = ZoneAnswers(hosts={"a.example": (FIRST,), "b.example": (FIRST,)})
    (said,) = _read(world).addresses
    assert said.hosts == ("a.example", "b.example")
    assert len(run_plan(ns.questions(world.site), world.look)) == 1 + 4 + 2 + ABOVE


def test_ipv6_that_cannot_be_reached_leaves_its_host_heard_over_ipv4() -> None:
    world = ZoneAnswers()
    world.give_server(
        "2001:503:ba3e::2:30", lambda question: unmeasured(question, Reason.UNREACHABLE)
    )
    value = _read(world)
    assert value.unmeasured == ("2001:503:ba3e::2:30",)
    assert value.unheard == ()


def test_a_subdomain_has_no_ns_of_its_own() -> None:
    world = ZoneAnswers("www.example.com", hosts={})
    for rdtype in (wire.NS, wire.SOA):
        world.put(Question("www.example.com", rdtype), (), [("example.com", "SOA", SOA)])
    assert ns.read(world.site, world.look) is None
    assert len(run_plan(ns.questions(world.site), world.look)) == 1


def test_an_apex_without_ns_is_a_value_with_no_names() -> None:
    value = _read(ZoneAnswers(hosts={}))
    assert value.names == ()
    assert value.addresses == ()


@pytest.mark.parametrize("make", [timeout, refused, servfail])
def test_a_set_nobody_could_get_is_not_measured(make) -> None:  # type: ignore[no-untyped-def]
    world = ZoneAnswers()
    world.give(make(Question("example.com", wire.NS)))
    for address in {address for own in world.hosts.values() for address in own}:
        world.give_server(address, timeout)
    value = ns.read(world.site, world.look)
    assert isinstance(value, NotMeasured)


@pytest.mark.parametrize("make", [timeout, servfail])
@pytest.mark.parametrize(("told", "service"), [(refused, Service.REFUSED), (None, None)])
def test_where_resolvers_know_nothing_the_servers_of_the_delegation_are_asked(
    make,  # type: ignore[no-untyped-def]
    told,  # type: ignore[no-untyped-def]
    service: Service | None,
) -> None:
    world = ZoneAnswers()
    for rdtype in (wire.NS, wire.SOA):
        world.give(make(Question("example.com", rdtype)))
    if told is not None:
        for own in world.hosts.values():
            for address in own:
                world.give_server(address, told)
    asked = run_plan(ns.questions(world.site), world.look)
    value = _read(world)
    assert value.is_delegation
    assert value.names == ("ns1.example.net", "ns2.example.net")
    assert set(_services(value).values()) == {service or Service.AUTHORITATIVE}
    assert {one.address for one in value.addresses} < {question.server for question in asked}


def test_a_host_that_nobody_can_resolve_is_asked_at_its_glue() -> None:
    world = ZoneAnswers(hosts={"ns1.example.com": (FIRST,)})
    for question in (
        *(Question("example.com", rdtype) for rdtype in (wire.NS, wire.SOA)),
        *(Question("ns1.example.com", rdtype) for rdtype in (wire.A, wire.AAAA)),
    ):
        world.give(servfail(question))
    world.delegate(glue=[("ns1.example.com", "A", FIRST), ("ns1.example.com", "AAAA", "2600::1")])
    world.give_server(FIRST, refused)
    asked = run_plan(ns.questions(world.site), world.look)
    assert {FIRST, "2600::1"} < {question.server for question in asked}
    value = _read(world)
    assert _services(value) == {FIRST: Service.REFUSED, "2600::1": Service.NOT_ASKED}


def test_servers_that_only_the_zone_above_names_are_asked_too() -> None:
    world = ZoneAnswers()
    world.move("old.example.org", ("192.5.5.241", FIRST))  # one of them is a known address
    world.delegate(("ns1.example.net", "old.example.org"))
    world.give_server("192.5.5.241", refused)
    asked = run_plan(ns.questions(world.site), world.look)
    assert len(asked) == len(set(asked)) == 1 + 4 + 6 + ABOVE + 2 + 2
    value = _read(world)
    assert [(one.address, one.service) for one in value.only_above] == [
        ("192.5.5.241", Service.REFUSED)
    ]
    assert "192.5.5.241" not in _services(value)


def test_a_zone_that_fails_validation_has_name_servers_all_the_same() -> None:
    world = ZoneAnswers()
    question = Question("example.com", wire.NS)
    unchecked = message_answer(
        replace(question, cd=True), [("example.com", "NS", "ns1.example.net.")]
    )
    world.give(servfail(question, 6))
    world.give(unchecked)
    asked = run_plan(ns.questions(world.site), world.look)
    assert asked[:2] == [question, replace(question, cd=True)]
    assert _read(world).names == ("ns1.example.net",)


def test_names_that_are_no_hosts_are_told_and_not_asked() -> None:
    world = ZoneAnswers(hosts={".": (), "192.0.2.1": (), "ns1.example.net": (FIRST,)})
    world.put(
        Question("example.com", wire.NS),
        [("example.com", "NS", data) for data in (".", "192.0.2.1.", "ns1.example.net.")],
    )
    asked = run_plan(ns.questions(world.site), world.look)
    names = {"example.com", "ns1.example.net", "com", "a.nic.com"}
    assert {question.name for question in asked} == names
    faults = {one.host.name: one.fault for one in _read(world).servers}
    assert faults == {".": "is the root", "192.0.2.1": "is an IP address", "ns1.example.net": ""}


@pytest.mark.parametrize("rdata", [b"", b"\x03abc", b"\xc0\xff", b"\x01a\0rest", b"\x80"])
def test_ns_data_that_is_no_name_is_counted(rdata: bytes) -> None:
    world = ZoneAnswers()
    world.give(raw(Question("example.com", wire.NS), rdata, b"\x03ns1\x07example\x00"))
    value = _read(world)
    assert value.malformed == 1
    assert value.names == ("ns1.example",)


def test_recursion_and_missing_edns_are_noticed() -> None:
    world = ZoneAnswers()
    for rdtype, name, data in ((wire.NS, "NS", "ns1.example.net."), (wire.SOA, "SOA", SOA)):
        world.put(world.direct(FIRST, rdtype), [("example.com", name, data)], ra=True, edns=False)
    flags = {one.address: (one.recursion, one.edns) for one in _read(world).addresses}
    assert flags.pop(FIRST) == (True, False)
    assert set(flags.values()) == {(False, True)}
