"""HTTPS records at the site and at www."""

from __future__ import annotations

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Question, Reason
from dnstats.records import https
from dnstats.records.https import Https
from dnstats.records.record import NotMeasured, Site

from tests.answers import look_of, nodata, nxdomain, present, raw, run_plan, timeout, unmeasured

SITE = Site(1, "example.com")
APEX, WWW = Question("example.com", wire.HTTPS), Question("www.example.com", wire.HTTPS)


def test_both_names_are_asked_at_once() -> None:
    assert run_plan(https.questions(SITE), look_of()) == [APEX, WWW]


def test_both_names_are_read_by_priority() -> None:
    look = look_of(present(APEX, "2 b.example. alpn=h2", "1 . alpn=h3"), nodata(WWW))
    value = https.read(SITE, look)
    assert isinstance(value, Https)
    assert msgspec.json.decode(msgspec.json.encode(value), type=Https) == value
    assert isinstance(value.apex, tuple)
    assert [one.priority for one in value.apex] == [1, 2]
    assert value.www == ()
    assert value.bindings == value.apex


def test_none_at_both_is_none() -> None:
    assert https.read(SITE, look_of(nodata(APEX), nxdomain(WWW))) is None


@pytest.mark.parametrize("reason", list(Reason))
def test_a_failure_beside_nothing_is_not_measured(reason: Reason) -> None:
    for one, other in ((APEX, WWW), (WWW, APEX)):
        value = https.read(SITE, look_of(unmeasured(one, reason), nodata(other)))
        assert isinstance(value, NotMeasured)
        assert value.reason is reason


def test_a_failure_beside_a_record_is_a_part() -> None:
    value = https.read(SITE, look_of(timeout(APEX), present(WWW, "1 . alpn=h2")))
    assert isinstance(value, Https)
    assert isinstance(value.apex, NotMeasured)


def test_records_that_cannot_be_read_are_counted() -> None:
    value = https.read(SITE, look_of(raw(APEX, b"", b"\0\1\xff", b"\0\1\0"), nodata(WWW)))
    assert isinstance(value, Https)
    assert value.malformed == 2
