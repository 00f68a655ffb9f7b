"""`_msdcs.`, with its control."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Question
from dnstats.records.msdcs import Msdcs, questions, read
from dnstats.records.record import NotMeasured, Site

from tests.answers import look_of, nodata, nxdomain, present, run_plan, timeout

SITE = Site(1, "example.com")
ZONE = Question("_msdcs.example.com", wire.SOA)
CONTROL = Question("dnstats-wildcard-control.example.com", wire.SOA)
SOA = "ns.example. admin.example. 1 2 3 4 5"


def test_the_control_is_asked_only_where_something_answered() -> None:
    assert run_plan(questions(SITE), look_of(nodata(ZONE))) == [ZONE]
    assert run_plan(questions(SITE), look_of(timeout(ZONE))) == [ZONE]
    assert run_plan(questions(SITE), look_of(present(ZONE, SOA))) == [ZONE, CONTROL]


def test_a_zone_without_wildcard_is_active_directory() -> None:
    value = read(SITE, look_of(present(ZONE, SOA), nxdomain(CONTROL)))
    assert value == Msdcs("_msdcs.example.com", is_wildcard=False, is_active_directory=True)


def test_a_wildcard_proves_nothing() -> None:
    wildcard = present(CONTROL, SOA, aliases=("parked.example",))
    value = read(SITE, look_of(present(ZONE, SOA, aliases=("parked.example",)), wildcard))
    assert value == Msdcs("parked.example", is_wildcard=True, is_active_directory=False)


def test_an_unmeasured_control_leaves_it_open() -> None:
    value = read(SITE, look_of(present(ZONE, SOA), timeout(CONTROL)))
    assert value == Msdcs("_msdcs.example.com", is_wildcard=None, is_active_directory=None)


def test_silence_is_not_absence() -> None:
    assert read(SITE, look_of(nodata(ZONE))) is None
    assert isinstance(read(SITE, look_of(timeout(ZONE))), NotMeasured)
