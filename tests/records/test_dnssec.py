"""The DNSSEC family: the resolver's verdict, and what the records say by themselves."""

from __future__ import annotations

import dns.dnssec
import dns.name
import dns.rdata
import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Answer, Question, Reason
from dnstats.records import dnssec
from dnstats.records.dnssec import Dnssec
from dnstats.records.dnssec_rdata import Denial, Nsec3Param
from dnstats.records.dnssec_state import BOGUS_EDE, State
from dnstats.records.record import NotMeasured
from msgspec.structs import replace

from tests.answers import raw, refused, run_plan, servfail, timeout, unmeasured
from tests.zone_answers import SOA, ZoneAnswers, message_answer

NAME = "example.com"
KEY = "257 3 13 " + "q" * 86 + "=="  # 64 octets that no tool holds a private key for
OLD_KEY = "257 3 7 AwEAAc" + "q" * 164 + "=="
SIGNATURE = "SOA 13 2 3600 20261208000000 20261124000000 2371 example.com. " + "q" * 86 + "=="


def _ds(key: str, digest: str = "SHA256") -> str:
    rdata = dns.rdata.from_text("IN", "DNSKEY", key)
    made = dns.dnssec.make_ds(
        dns.name.from_text(NAME), rdata, digest, policy=dns.dnssec.allow_all_policy
    )
    return made.to_text()


def _question(rdtype: int, *, cd: bool = False) -> Question:
    return Question(NAME, rdtype, cd=cd)


def _signed(key: str = KEY, ds: str | None = None, *, ad: bool = True) -> ZoneAnswers:
    world = ZoneAnswers(NAME)
    world.put(_question(wire.SOA), [(NAME, "SOA", SOA), (NAME, "RRSIG", SIGNATURE)], ad=ad)
    world.put(_question(wire.DS), [(NAME, "DS", _ds(key) if ds is None else ds)], ad=ad)
    world.put(_question(wire.DNSKEY), [(NAME, "DNSKEY", key)], ad=ad)
    for rdtype in (wire.CDS, wire.CDNSKEY, wire.NSEC3PARAM):
        world.put(_question(rdtype), (), [(NAME, "SOA", SOA)])
    return world


def _refused(world: ZoneAnswers, *ede: int) -> ZoneAnswers:
    """The resolver fails validation of everything in the zone, and answers unchecked."""
    for rdtype, name, data in ((wire.SOA, "SOA", SOA), (wire.DNSKEY, "DNSKEY", KEY)):
        world.put(_question(rdtype), rcode="SERVFAIL", ede=ede)
        world.put(_question(rdtype, cd=True), [(NAME, name, data)])
    world.put(_question(wire.NS), rcode="SERVFAIL", ede=ede)
    return world


def _read(world: ZoneAnswers) -> Dnssec:
    value = dnssec.read(world.site, world.look)
    assert isinstance(value, Dnssec)
    assert msgspec.json.decode(msgspec.json.encode(value), type=Dnssec) == value
    return value


def _asked(world: ZoneAnswers) -> list[Question]:
    return run_plan(dnssec.questions(world.site), world.look)


def test_an_unsigned_zone_is_asked_three_questions_and_is_insecure() -> None:
    world = ZoneAnswers(NAME)
    assert _asked(world) == [_question(wire.SOA), _question(wire.DS), _question(wire.DNSKEY)]
    value = _read(world)
    assert value == Dnssec(NAME, State.INSECURE, (), (), ())


def test_a_signed_zone_is_asked_for_the_rest() -> None:
    assert _asked(_signed())[3:] == [
        _question(wire.CDS),
        _question(wire.CDNSKEY),
        _question(wire.NSEC3PARAM),
    ]


def test_ad_makes_it_secure() -> None:
    value = _read(_signed())
    assert value.state is State.SECURE
    assert isinstance(value.ds, tuple)
    assert [one.matches for one in value.ds] == [True]
    assert [one.covered for one in value.signatures] == ["SOA"]
    assert value.signatures[0].lifetime == 14 * 86400


@pytest.mark.parametrize("left", [-5, 60, 86400])
def test_signatures_know_how_long_they_last_when_the_answer_knows_its_time(left: int) -> None:
    world = _signed()
    (signature,) = _read(world).signatures
    assert signature.left is None

    def look(question: Question) -> Answer:
        return msgspec.structs.replace(world.look(question), asked_at=signature.expiration - left)

    value = dnssec.read(world.site, look)
    assert isinstance(value, Dnssec)
    assert [one.left for one in value.signatures] == [left]


@pytest.mark.parametrize("is_refused", [False, True])
def test_every_question_that_is_read_was_asked(is_refused: bool) -> None:
    world = _refused(_signed()) if is_refused else _signed()
    looked: list[Question] = []

    def look(question: Question) -> Answer:
        looked.append(question)
        return world.look(question)

    dnssec.read(world.site, look)
    # Read with checking or, where that was refused, without: one of the two was asked.
    asked = {replace(question, cd=False) for question in (*_asked(world), _question(wire.NS))}
    assert {replace(question, cd=False) for question in looked} <= asked


def test_ds_without_ad_is_indeterminate_where_the_resolver_does_not_validate() -> None:
    assert _read(_signed(ad=False)).state is State.INDETERMINATE


@pytest.mark.parametrize("key", [OLD_KEY, KEY.replace("3 13", "3 99")])
def test_ds_that_no_resolver_may_use_is_insecure(key: str) -> None:
    value = _read(_signed(key, ds="2371 7 2 " + "ab" * 32 if key is OLD_KEY else None, ad=False))
    assert value.state is State.INSECURE


@pytest.mark.parametrize("code", sorted(BOGUS_EDE))
def test_servfail_that_blames_dnssec_is_bogus(code: int) -> None:
    value = _read(_refused(_signed(), code))
    assert value.state is State.BOGUS
    assert value.ede == (code,)


def test_an_answer_only_without_checking_is_bogus() -> None:
    world = _refused(_signed())
    assert _asked(world)[3:] == [
        _question(rdtype, cd=True)
        for rdtype in (wire.SOA, wire.DNSKEY, wire.CDS, wire.CDNSKEY, wire.NSEC3PARAM)
    ]
    value = _read(world)
    assert value.state is State.BOGUS
    assert isinstance(value.dnskeys, tuple)
    assert len(value.dnskeys) == 1


def test_servfail_that_fails_unchecked_too_is_not_measured() -> None:
    for ede in ((), (22,), (6,)):
        world = _refused(_signed(), *ede)
        world.give(servfail(_question(wire.SOA, cd=True)))
        assert isinstance(dnssec.read(world.site, world.look), NotMeasured)


@pytest.mark.parametrize("ede", [(), (6,)])
def test_servfail_of_a_zone_without_ds_is_not_measured(ede: tuple[int, ...]) -> None:
    world = _refused(ZoneAnswers(NAME), *ede)
    assert isinstance(dnssec.read(world.site, world.look), NotMeasured)


def test_servfail_that_blames_dnssec_is_believed_where_nothing_else_was_measured() -> None:
    world = ZoneAnswers(NAME)
    for rdtype in (wire.SOA, wire.NS, wire.DNSKEY, wire.DS):
        world.give(servfail(_question(rdtype), 9))
    assert _read(world).state is State.BOGUS


@pytest.mark.parametrize("make", [timeout, refused, servfail])
def test_failures_are_never_insecure(make) -> None:  # type: ignore[no-untyped-def]
    world = _signed()
    world.give(make(_question(wire.SOA)))
    assert isinstance(dnssec.read(world.site, world.look), NotMeasured)
    world = ZoneAnswers(NAME)
    world.give(make(_question(wire.DS)))
    assert isinstance(dnssec.read(world.site, world.look), NotMeasured)


@pytest.mark.parametrize("reason", list(Reason))
def test_a_part_that_failed_is_not_measured_and_the_rest_is_read(reason: Reason) -> None:
    world = _signed()
    for rdtype in (wire.DNSKEY, wire.CDS, wire.CDNSKEY, wire.NSEC3PARAM):
        world.give(unmeasured(_question(rdtype), reason))
    value = _read(world)
    for part in (value.dnskeys, value.cds, value.cdnskeys, value.nsec3):
        assert isinstance(part, NotMeasured)
        assert part.reason is reason
    assert isinstance(value.ds, tuple)
    assert [one.matches for one in value.ds] == [None], "no key was seen, so nothing is known"


def test_a_ds_that_fits_no_key_is_seen() -> None:
    value = _read(_signed(ds="2371 13 2 " + "00" * 32, ad=False))
    assert isinstance(value.ds, tuple)
    assert [one.matches for one in value.ds] == [False]


def test_cds_and_nsec3_parameters_are_read() -> None:
    world = _signed()
    world.put(_question(wire.CDS), [(NAME, "CDS", "0 0 0 00"), (NAME, "CDS", _ds(KEY))])
    world.put(_question(wire.CDNSKEY), [(NAME, "CDNSKEY", KEY)])
    world.put(_question(wire.NSEC3PARAM), [(NAME, "NSEC3PARAM", "1 0 10 aabb")])
    value = _read(world)
    assert isinstance(value.cds, tuple)
    assert sorted((one.is_delete, one.matches) for one in value.cds) == [
        (False, True),
        (True, False),
    ]
    assert isinstance(value.cdnskeys, tuple)
    assert len(value.cdnskeys) == 1
    assert value.nsec3 == (Nsec3Param(1, 0, 10, "aabb"),)


def test_the_proof_in_a_negative_answer_is_read() -> None:
    world = _signed()
    proof = (
        f"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.{NAME}",
        "NSEC3",
        "1 1 5 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A",
    )
    world.put(_question(wire.CDS), (), [(NAME, "SOA", SOA), proof])
    assert _read(world).denial == Denial("NSEC3", 5, is_opt_out=True)
    assert _read(_signed()).denial is None


def test_data_that_nobody_can_read_is_named() -> None:
    world = _signed()
    world.give(raw(_question(wire.DNSKEY), b"\x01", b""))
    assert _read(world).malformed == ("DNSKEY",)


def test_a_subdomain_is_not_a_zone() -> None:
    world = ZoneAnswers("www.example.com", hosts={})
    for rdtype in (wire.NS, wire.SOA):
        world.put(Question("www.example.com", rdtype), (), [("example.com", "SOA", SOA)])
    assert dnssec.read(world.site, world.look) is None


def test_the_resolvers_remark_on_an_insecure_answer_is_kept() -> None:
    world = _signed(ad=False)
    world.give(message_answer(_question(wire.SOA), [(NAME, "SOA", SOA)], ede=(1,)))
    assert _read(world).ede == (1,)
