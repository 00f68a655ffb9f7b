"""Hosts and their addresses."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Question, Reason
from dnstats.records.host import Host, read_host
from dnstats.records.record import NotMeasured

from tests.answers import look_of, nodata, nxdomain, present, servfail, timeout

FOUR, SIX = Question("ns1.example.net", wire.A), Question("ns1.example.net", wire.AAAA)


def test_addresses_are_sorted_and_each_once() -> None:
    look = look_of(present(FOUR, "198.41.0.5", "198.41.0.4", "198.41.0.4"), nodata(SIX))
    host = read_host("ns1.example.net", look)
    assert host == Host("ns1.example.net", ("198.41.0.4", "198.41.0.5"), ())
    assert not host.is_without_address


def test_none_in_either_family_is_without_address() -> None:
    assert read_host("ns1.example.net", look_of(nodata(FOUR), nodata(SIX))).is_without_address


def test_no_such_name_is_told_apart_from_no_address() -> None:
    host = read_host("ns1.example.net", look_of(nxdomain(FOUR), nxdomain(SIX)))
    assert host.is_without_address
    assert not host.exists


def test_one_family_unmeasured_is_never_without_address() -> None:
    for failure in (timeout, servfail):
        host = read_host("ns1.example.net", look_of(nodata(FOUR), failure(SIX)))
        assert isinstance(host.v6, NotMeasured)
        assert not host.is_without_address
        assert host.addresses == ()


def test_what_was_not_asked_is_not_measured() -> None:
    host = read_host("ns1.example.net", look_of())
    assert host.v4 == NotMeasured(Reason.NOT_ASKED, "A ns1.example.net")


def test_an_alias_is_followed_and_told() -> None:
    look = look_of(present(FOUR, "198.41.0.4", aliases=("b.example", "c.example")), nodata(SIX))
    host = read_host("ns1.example.net", look)
    assert (host.alias, host.v4) == ("c.example", ("198.41.0.4",))
