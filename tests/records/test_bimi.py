"""BIMI."""

from __future__ import annotations

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Question
from dnstats.records.bimi import Bimi, parse_example, questions, read
from dnstats.records.record import NotMeasured, Site
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import look_of, nodata, nxdomain, present, raw, run_plan, servfail, timeout

SITE = Site(1, "example.com")
SUBDOMAIN = Site(2, "www.example.com")
OWN = Question("default._bimi.example.com", wire.TXT)
SUB = Question("default._bimi.www.example.com", wire.TXT)
GOOD = "v=BIMI1; l=https://example.com/logo.svg; a=https://example.com/vmc.pem"


def test_a_subdomain_without_a_record_asks_its_organisation() -> None:
    assert run_plan(questions(SITE), look_of(nodata(OWN))) == [OWN]
    assert run_plan(questions(SUBDOMAIN), look_of(nodata(SUB))) == [SUB, OWN]
    assert run_plan(questions(SUBDOMAIN), look_of(present(SUB, "v=spf1 -all"))) == [SUB, OWN]
    assert run_plan(questions(SUBDOMAIN), look_of(present(SUB, GOOD))) == [SUB]
    assert run_plan(questions(SUBDOMAIN), look_of(timeout(SUB))) == [SUB]


def test_record() -> None:
    value = parse_example(GOOD + "; avp=Personal; lps=true")
    assert isinstance(value, Bimi)
    assert (value.is_valid, value.is_declined, value.several) == (True, False, 1)
    assert value.logo == "https://example.com/logo.svg"
    assert value.evidence == "https://example.com/vmc.pem"
    assert value.avatar == "personal"


@pytest.mark.parametrize("text", ["v=BIMI1; l=; a=;", "v=BIMI1;l=", "v=BIMI1; a=; l="])
def test_declination(text: str) -> None:
    value = parse_example(text)
    assert isinstance(value, Bimi)
    assert (value.is_valid, value.is_declined) == (True, True)


@pytest.mark.parametrize(
    "text",
    [
        "v=BIMI1",
        "v=BIMI1; a=https://example.com/vmc.pem",
        "v=bimi1; l=",
        "v=BIMI1 l=",
        '"v=BIMI1; l="',
    ],
)
def test_invalid(text: str) -> None:
    value = parse_example(text)
    assert isinstance(value, Bimi)
    assert not value.is_valid


def test_several_records() -> None:
    value = parse_example((GOOD, GOOD))
    assert isinstance(value, Bimi)
    assert (value.is_valid, value.several) == (False, 2)


def test_a_subdomain_inherits() -> None:
    value = read(SUBDOMAIN, look_of(nxdomain(SUB), present(OWN, GOOD)))
    assert isinstance(value, Bimi)
    assert value.found_at == "example.com"


def test_silence_is_not_absence() -> None:
    assert read(SITE, look_of(nodata(OWN))) is None
    assert isinstance(read(SITE, look_of(servfail(OWN))), NotMeasured)
    assert isinstance(read(SUBDOMAIN, look_of(nodata(SUB), timeout(OWN))), NotMeasured)
    assert isinstance(read(SUBDOMAIN, look_of(timeout(SUB), present(OWN, GOOD))), NotMeasured)


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=3))
def test_any_rdata_is_some_value(rdata: list[bytes]) -> None:
    msgspec.json.encode(read(SITE, look_of(raw(OWN, *rdata, b"\x08v=BIMI1;" + rdata[0]))))
