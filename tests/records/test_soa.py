"""The SOA family: the resolver's record, and each server's."""

from __future__ import annotations

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Answer, Question
from dnstats.records import soa
from dnstats.records.record import NotMeasured
from dnstats.records.soa import Soa
from dnstats.records.soa_record import SoaRecord

from tests.answers import raw, refused, run_plan, servfail, timeout
from tests.zone_answers import SOA, ZoneAnswers, silence

RECORD = SoaRecord(
    "ns1.example.net", "hostmaster.example.net", 2026112400, 7200, 3600, 1209600, 3600
)
QUESTION = Question("example.com", wire.SOA)


def _read(world: ZoneAnswers) -> Soa:
    value = soa.read(world.site, world.look)
    assert isinstance(value, Soa)
    assert msgspec.json.decode(msgspec.json.encode(value), type=Soa) == value
    return value


def test_the_soa_and_the_addresses_of_mname_are_asked() -> None:
    world = ZoneAnswers()
    assert run_plan(soa.questions(world.site), world.look) == [
        QUESTION,
        Question("ns1.example.net", wire.A),
        Question("ns1.example.net", wire.AAAA),
    ]


@pytest.mark.parametrize("mname", [".", "192.0.2.1."])
def test_an_mname_that_is_no_host_is_not_looked_up(mname: str) -> None:
    world = ZoneAnswers()
    world.put(QUESTION, [("example.com", "SOA", f"{mname} hostmaster.example.net. 1 2 3 4 5")])
    assert run_plan(soa.questions(world.site), world.look) == [QUESTION]
    assert _read(world).primary is None


def test_the_primary_is_read_with_its_addresses() -> None:
    primary = _read(ZoneAnswers()).primary
    assert primary is not None
    assert primary.addresses == ("198.41.0.4", "2001:503:ba3e::2:30")


def test_a_primary_that_nobody_could_ask_for_is_not_one_without_address() -> None:
    world = ZoneAnswers()

    def look(question: Question) -> Answer:
        return timeout(question) if question.name == "ns1.example.net" else world.look(question)

    value = soa.read(world.site, look)
    assert isinstance(value, Soa)
    assert value.primary is not None
    assert not value.primary.is_without_address
    assert value.primary.exists


def test_the_seven_fields_are_read_from_resolver_and_servers() -> None:
    value = _read(ZoneAnswers())
    assert value.records == (RECORD,)
    assert value.ttl == 3600
    assert {server.records for server in value.servers} == {(RECORD,)}
    assert len(value.servers) == 3


def test_a_server_with_another_serial_is_kept_apart() -> None:
    world = ZoneAnswers()
    old = SOA.replace("2026112400", "2026112300")
    world.put(world.direct("198.41.0.4", wire.SOA), [("example.com", "SOA", old)])
    serials = {server.address: server.records[0].serial for server in _read(world).servers}
    assert serials["198.41.0.4"] == 2026112300
    assert serials["199.9.14.201"] == 2026112400


def test_a_silent_server_is_unmeasured_and_no_difference() -> None:
    world = ZoneAnswers()
    world.give_server("199.9.14.201", silence)
    value = _read(world)
    assert value.unmeasured == ("ns2.example.net",)
    assert len(value.servers) == 2


def test_a_host_that_told_over_ipv4_is_measured() -> None:
    world = ZoneAnswers()
    world.give_server("2001:503:ba3e::2:30", silence)
    assert _read(world).unmeasured == ()


def test_several_records_are_all_kept() -> None:
    world = ZoneAnswers()
    other = "ns2.example.net. hostmaster.example.net. 5 1 2 3 4"
    lines = [("example.com", "SOA", SOA), ("example.com", "SOA", other)]
    world.put(QUESTION, lines)
    assert [record.serial for record in _read(world).records] == [2026112400, 5]


@pytest.mark.parametrize(
    "rdata",
    [
        b"",
        b"\x00\x00",
        b"\x00\x00" + b"\0" * 19,
        b"\x00\x00" + b"\0" * 21,
        b"\x03abc" + b"\0" * 21,
        b"\xff" * 22,
    ],
)
def test_data_that_is_no_soa_is_counted(rdata: bytes) -> None:
    world = ZoneAnswers()
    world.give(raw(QUESTION, rdata))
    value = _read(world)
    assert (value.records, value.malformed) == ((), 1)


def test_an_apex_without_soa_is_a_value_without_records() -> None:
    world = ZoneAnswers()
    world.put(QUESTION, (), [("com", "SOA", SOA)])
    assert _read(world).records == ()


def test_a_subdomain_has_no_soa_of_its_own() -> None:
    world = ZoneAnswers("www.example.com", hosts={})
    for rdtype in (wire.NS, wire.SOA):
        world.put(Question("www.example.com", rdtype), (), [("example.com", "SOA", SOA)])
    assert soa.read(world.site, world.look) is None


@pytest.mark.parametrize("make", [timeout, refused, servfail])
def test_a_failure_is_not_measured(make) -> None:  # type: ignore[no-untyped-def]
    world = ZoneAnswers()
    world.give(make(QUESTION))
    assert isinstance(soa.read(world.site, world.look), NotMeasured)


def test_servers_nobody_could_name_are_unmeasured_and_not_in_agreement() -> None:
    world = ZoneAnswers()
    world.give(timeout(Question("example.com", wire.NS)))
    value = _read(world)
    assert value.servers == ()
    assert value.unmeasured == ("the name servers of example.com",)
