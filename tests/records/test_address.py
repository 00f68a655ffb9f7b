"""Addresses of the site and its www name."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Question
from dnstats.records import address
from dnstats.records.address import Address
from dnstats.records.record import NotMeasured, Site

from tests.answers import look_of, nodata, nxdomain, present, run_plan, servfail, timeout

SITE = Site(1, "example.com")
QUESTIONS = tuple(
    Question(name, rdtype)
    for name in ("example.com", "www.example.com")
    for rdtype in (wire.A, wire.AAAA)
)


def test_four_questions_are_asked_at_once() -> None:
    assert run_plan(address.questions(SITE), look_of()) == list(QUESTIONS)


def test_both_names_are_read() -> None:
    a, aaaa, www, www6 = QUESTIONS
    look = look_of(present(a, "8.8.8.8"), nodata(aaaa), nxdomain(www), present(www6, "2600::1"))
    value = address.read(SITE, look)
    assert isinstance(value, Address)
    assert (value.apex.v4, value.apex.v6, value.www.v6) == (("8.8.8.8",), (), ("2600::1",))
    assert value.exists


def test_a_site_that_does_not_exist_is_told_apart_from_one_without_address() -> None:
    gone = address.read(SITE, look_of(*(nxdomain(question) for question in QUESTIONS)))
    assert isinstance(gone, Address)
    assert not gone.exists
    assert address.read(SITE, look_of(*(nodata(question) for question in QUESTIONS))) is None


def test_failures_are_never_absence() -> None:
    for failure in (timeout, servfail):
        value = address.read(SITE, look_of(*(failure(question) for question in QUESTIONS)))
        assert isinstance(value, NotMeasured)
    half = [nodata(QUESTIONS[0]), *(timeout(question) for question in QUESTIONS[1:])]
    value = address.read(SITE, look_of(*half))
    assert isinstance(value, Address)
    assert isinstance(value.apex.v6, NotMeasured)
