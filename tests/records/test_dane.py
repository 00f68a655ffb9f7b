"""DANE for SMTP."""

from __future__ import annotations

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Answer, Question
from dnstats.records.dane import ROOT, Dane, Tlsa, is_usable, questions, read, tlsa_question
from dnstats.records.record import NotMeasured, Site
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import look_of, nodata, nxdomain, present, raw, run_plan, servfail, timeout

SITE = Site(1, "example.com")
MX = Question("example.com", wire.MX)
DIGEST = "ab" * 32


def _tlsa(host: str) -> Question:
    return Question(f"_25._tcp.{host}", wire.TLSA)


def _addresses(host: str, *, ad: bool = True) -> tuple[Answer, Answer]:
    return (
        present(Question(host, wire.A), "192.0.2.1", ad=ad),
        nodata(Question(host, wire.AAAA), ad=ad),
    )


MX_ANSWER = present(MX, "10 mx.example.", ad=True)
GOOD = present(_tlsa("mx.example"), f"3 1 1 {DIGEST}", ad=True)


def _value(*answers: Answer) -> Dane:
    value = read(SITE, look_of(*answers))
    assert isinstance(value, Dane)
    assert msgspec.json.decode(msgspec.json.encode(value), type=Dane) == value
    return value


def test_tlsa_of_each_mail_host_is_asked() -> None:
    answer = present(MX, "10 mx.example.", "20 b.example.", "30 localhost.")
    assert run_plan(questions(SITE), look_of(answer)) == [
        MX,
        _tlsa("mx.example"),
        _tlsa("b.example"),
        ROOT,
    ]


def test_a_host_name_too_long_for_the_prefix_is_left_out() -> None:
    host = ".".join(["a" * 63] * 3 + ["b" * 55])
    assert run_plan(questions(SITE), look_of(present(MX, f"10 {host}."))) == [MX]


def test_a_secure_host_is_covered() -> None:
    value = _value(MX_ANSWER, GOOD, *_addresses("mx.example"))
    assert value.mx_is_secure
    assert value.hosts[0].records == (Tlsa(3, 1, 1, DIGEST, 32),)
    assert value.hosts[0].is_covered


@pytest.mark.parametrize("part", ["tlsa", "address"])
def test_nothing_is_covered_without_validation(part: str) -> None:
    tlsa = present(_tlsa("mx.example"), f"3 1 1 {DIGEST}", ad=part != "tlsa")
    value = _value(MX_ANSWER, tlsa, *_addresses("mx.example", ad=part != "address"))
    assert not value.hosts[0].is_covered


ROOT_SOA = "a.root. nstld.example. 1 2 3 4 5"


def _security(value: Dane) -> tuple[bool | None, ...]:
    [host] = value.hosts
    return value.mx_is_secure, host.is_secure, host.address_is_secure


def _answers(*, ad: bool = False) -> list[Answer]:
    tlsa = present(_tlsa("mx.example"), f"3 1 1 {DIGEST}", ad=ad)
    return [present(MX, "10 mx.example.", ad=ad), tlsa, *_addresses("mx.example", ad=ad)]


def test_of_a_resolver_that_does_not_validate_nobody_can_tell() -> None:
    """Whatever it says of the root, or when nobody asked: neither secure nor insecure."""
    for root in (present(ROOT, ROOT_SOA), timeout(ROOT), servfail(ROOT)):
        assert _security(_value(*_answers(), root)) == (None, None, None)
    assert _security(_value(*_answers())) == (None, None, None)


def test_of_a_resolver_that_validates_a_missing_ad_says_insecure() -> None:
    root = present(ROOT, ROOT_SOA, ad=True)
    assert _security(_value(*_answers(), root)) == (False, False, False)
    other = [msgspec.structs.replace(one, server="192.0.2.54") for one in _answers()]
    assert _security(_value(*other, root)) == (None, None, None)


def test_an_answer_to_a_question_without_edns_says_nothing_of_validation() -> None:
    """Asked without DO, a resolver that validates sets no AD (RFC 6840 section 5.7)."""
    _, tlsa, *rest = _answers(ad=True)
    bare = present(MX, "10 mx.example.", edns=False)
    assert _security(_value(bare, tlsa, *rest)) == (None, True, True)


def test_ad_without_a_signature_is_no_validation() -> None:
    def bare(answer: Answer) -> Answer:
        return msgspec.structs.replace(answer, ad=True)

    root = bare(present(ROOT, ROOT_SOA))
    assert _security(_value(*map(bare, _answers()), root)) == (None, None, None)


def test_what_one_answer_tells_of_the_resolver_holds_for_the_others() -> None:
    """The site is signed, the mail host's zone is not: so the resolver validates."""
    mx, *rest = _answers()
    secure = present(MX, "10 mx.example.", ad=True)
    assert _security(_value(secure, *rest)) == (True, False, False)
    assert _security(_value(mx, *_answers(ad=True)[1:])) == (False, True, True)


def test_no_tlsa_and_no_mx_are_none() -> None:
    assert read(SITE, look_of(nodata(MX))) is None
    assert read(SITE, look_of(present(MX, "0 ."))) is None
    assert read(SITE, look_of(MX_ANSWER, nxdomain(_tlsa("mx.example")))) is None


def test_what_could_not_be_asked_is_not_absent() -> None:
    assert isinstance(read(SITE, look_of(timeout(MX))), NotMeasured)
    assert isinstance(read(SITE, look_of(MX_ANSWER, servfail(_tlsa("mx.example")))), NotMeasured)


def test_a_silent_host_beside_a_measured_one_is_named() -> None:
    value = _value(
        present(MX, "10 mx.example.", "20 b.example.", ad=True),
        GOOD,
        *_addresses("mx.example"),
        timeout(_tlsa("b.example")),
    )
    assert [host.name for host in value.hosts] == ["mx.example"]
    assert value.unmeasured == ("_25._tcp.b.example",)


def test_a_host_without_tlsa_beside_one_with() -> None:
    value = _value(
        present(MX, "10 mx.example.", "20 b.example.", ad=True),
        GOOD,
        *_addresses("mx.example"),
        nodata(_tlsa("b.example"), ad=True),
    )
    assert [bool(host.records) for host in value.hosts] == [True, False]


@pytest.mark.parametrize(
    ("record", "usable"),
    [
        (Tlsa(3, 1, 1, "", 32), True),
        (Tlsa(2, 0, 2, "", 64), True),
        (Tlsa(3, 0, 0, "", 900), True),
        (Tlsa(1, 1, 1, "", 32), False),
        (Tlsa(0, 0, 1, "", 32), False),
        (Tlsa(3, 2, 1, "", 32), False),
        (Tlsa(3, 1, 3, "", 32), False),
        (Tlsa(3, 1, 1, "", 20), False),
    ],
)
def test_usable_records(record: Tlsa, usable: bool) -> None:
    assert is_usable(record) is usable


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4))
def test_any_rdata_is_some_value(rdata: list[bytes]) -> None:
    answers = (MX_ANSWER, raw(_tlsa("mx.example"), *rdata), *_addresses("mx.example"))
    value = _value(*answers)
    assert len(value.hosts[0].records) + value.hosts[0].broken == len(rdata)


@pytest.mark.parametrize("rescued", [MX_ANSWER, GOOD, _addresses("mx.example")[0]])
def test_what_was_fetched_around_the_resolver_is_not_called_insecure(rescued: Answer) -> None:
    own_word = msgspec.structs.replace(rescued, ad=False, aa=True)
    answers = (MX_ANSWER, GOOD, *_addresses("mx.example"))
    value = read(
        SITE, look_of(*(own_word if one.question == rescued.question else one for one in answers))
    )
    assert isinstance(value, NotMeasured) or "mx.example" in value.unmeasured


@pytest.mark.parametrize(("octets", "fits"), [(210, True), (246, True), (247, False), (255, False)])
def test_a_host_is_asked_as_long_as_its_name_fits_into_a_question(octets: int, fits: bool) -> None:
    """On the wire `_25._tcp.` adds nine octets to a name that may have 255."""
    labels, left = [], octets - 1
    while left:
        size = min(63, left - 1) if left != 65 else 62  # no octet may be left alone
        labels.append("a" * size)
        left -= size + 1
    host = ".".join(labels)
    assert len(wire.write_name(host)) == octets
    question = tlsa_question(host)
    assert (question is not None) == fits
    if question is not None:
        assert len(wire.write_name(question.name)) <= wire.MAX_NAME
