"""MX: what is asked, what the names are, null MX, and what is not measured."""

from __future__ import annotations

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Question
from dnstats.records import mx
from dnstats.records.mx import MAX_HOSTS, Mx, oddity, parse_example, questions, read
from dnstats.records.record import NotMeasured, Site
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import look_of, nodata, nxdomain, present, raw, run_plan, servfail, timeout

SITE = Site(1, "example.com")
MX = Question("example.com", wire.MX)


def _value(*answers: object) -> Mx:
    value = read(SITE, look_of(*answers))  # type: ignore[arg-type]
    assert isinstance(value, Mx)
    assert msgspec.json.decode(msgspec.json.encode(value), type=Mx) == value
    return value


def _addresses(host: str) -> tuple[Question, Question]:
    return Question(host, wire.A), Question(host, wire.AAAA)


def test_addresses_of_each_host_are_asked_once() -> None:
    answer = present(MX, "20 b.example.", "10 A.example.", "30 b.example.")
    assert run_plan(questions(SITE), look_of(answer)) == [
        MX,
        *_addresses("a.example"),
        *_addresses("b.example"),
    ]


@pytest.mark.parametrize("data", ["0 .", "10 192.0.2.1.", "0 localhost.", "10 mail.", "5 x.local."])
def test_names_that_are_no_public_host_are_not_asked(data: str) -> None:
    assert run_plan(questions(SITE), look_of(present(MX, data))) == [MX]


def test_hosts_asked_are_bounded() -> None:
    answer = present(MX, *(f"{i} mx{i}.example." for i in range(398)))
    assert len(run_plan(questions(SITE), look_of(answer))) == 1 + 2 * MAX_HOSTS
    value = _value(answer)
    assert value.count == 398
    assert len(value.exchanges) == mx.MAX_KEPT
    assert sum(one.host is not None for one in value.exchanges) == MAX_HOSTS


def test_exchanges_are_by_preference_and_lower_case() -> None:
    value = _value(present(MX, "20 B.example.", "10 c.example.", "10 a.example.", ttl=300, ad=True))
    assert [(one.preference, one.name) for one in value.exchanges] == [
        (10, "a.example"),
        (10, "c.example"),
        (20, "b.example"),
    ]
    assert value.hosts == ("a.example", "c.example", "b.example")
    assert (value.ttl, value.is_secure, value.is_null) == (300, True, False)


def test_null_mx_is_a_record() -> None:
    value = _value(present(MX, "0 ."))
    assert (value.is_null, value.hosts, value.exchanges[0].oddity) == (True, (), "root")


def test_null_mx_beside_others_is_no_null_mx() -> None:
    assert not _value(present(MX, "0 .", "10 mx.example.")).is_null


def test_no_mx_is_none() -> None:
    assert read(SITE, look_of(nodata(MX))) is None
    assert read(SITE, look_of(nxdomain(MX))) is None


def test_unasked_mx_is_not_measured() -> None:
    assert isinstance(read(SITE, look_of(timeout(MX))), NotMeasured)


def test_addresses_and_aliases_of_a_host() -> None:
    a, aaaa = _addresses("mx.example")
    value = _value(
        present(MX, "10 mx.example."),
        present(a, "192.0.2.1", aliases=("real.example",)),
        servfail(aaaa),
    )
    host = value.exchanges[0].host
    assert host is not None
    assert (host.v4, host.alias) == (("192.0.2.1",), "real.example")
    assert isinstance(host.v6, NotMeasured)


def test_an_alias_at_the_site_is_told() -> None:
    value = _value(present(MX, "10 mx.example.", aliases=("other.example",)))
    assert value.alias == "other.example"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mail.163.com", ""),
        ("163mx01.mxmail.netease.com", ""),
        ("mx1.1and1.com", ""),
        ("1.2.3.4.example", ""),
        ("xn--bcher-kva.example", ""),
        ("192.0.2.1", "ip_address"),
        (r"[192\.0\.2\.1]", "ip_address"),
        ("2001:db8::1", "ip_address"),
        ("localhost", "localhost"),
        ("mail.localhost", "localhost"),
        ("localhost.localdomain", "localhost"),
        ("mail", "single_label"),
        ("exchange.corp.local", "special_use"),
        ("mx.internal", "special_use"),
        ("mx.invalid", "special_use"),
        ("ms67079592.msv1.invalid", "verification"),
        ("mail_1.example.com", "underscore"),
        ("-mail.example.com", "not_a_host_name"),
        ("mail-.example.com", "not_a_host_name"),
        (r"mail\032.example.com", "not_a_host_name"),
        (r"b\195\188cher.example", "not_a_host_name"),
        (".", "root"),
    ],
)
def test_what_a_name_is(name: str, expected: str) -> None:
    assert oddity(name) == expected


def test_records_that_break_off_are_counted() -> None:
    value = _value(raw(MX, b"\x00\x0a\x02mx\x07example\x00", b"\x00\x0a\x3fmx", b"\x00", b""))
    assert (value.count, value.broken) == (4, 3)
    assert value.hosts == ("mx.example",)


def test_a_name_that_runs_into_the_next_record_is_broken() -> None:
    value = _value(raw(MX, b"\x00\x0a\x02mx", b"\x00\x14\x02mx\x07example\x00"))
    assert value.broken == 1
    assert value.hosts == ("mx.example",)


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=5))
def test_any_rdata_is_some_value(rdata: list[bytes]) -> None:
    look = look_of(raw(MX, *rdata))
    for question in run_plan(questions(SITE), look):
        wire.write_name(question.name)
    value = read(SITE, look)
    assert isinstance(value, Mx)
    msgspec.json.encode(value)


def test_example_text() -> None:
    value = parse_example("10 a.example.com, 20 b.example.com")
    assert isinstance(value, Mx)
    assert value.hosts == ("a.example.com", "b.example.com")
    assert all(one.host is not None and one.host.addresses for one in value.exchanges)
