"""Bugs of the predecessor (dnstats.io, 2021) about DNSSEC; each test names one."""

from __future__ import annotations

import pytest
from dnstats import wire
from dnstats.answer import Question
from dnstats.grade.grading import grade_family
from dnstats.grade.zone_examples import ds, key, signed
from dnstats.records import dnssec
from dnstats.records.dnssec import Dnssec
from dnstats.records.dnssec_state import State

from tests.zone_answers import SOA, ZoneAnswers

NAME = "example.com"


def test_predecessor_bug_33_all_ds_and_keys_are_read() -> None:
    world = ZoneAnswers(NAME)
    digest = "00" * 32
    world.put(Question(NAME, wire.SOA), [(NAME, "SOA", SOA)], ad=True)
    world.put(Question(NAME, wire.DS), [(NAME, "DS", f"{n} 13 2 {digest}") for n in (1, 2, 3)])
    keys = [(NAME, "DNSKEY", f"{flags} 3 13 {'q' * 86}==") for flags in (256, 257)]
    world.put(Question(NAME, wire.DNSKEY), keys)
    value = dnssec.read(world.site, world.look)
    assert isinstance(value, Dnssec)
    assert isinstance(value.ds, tuple)
    assert isinstance(value.dnskeys, tuple)
    assert (len(value.ds), len(value.dnskeys)) == (3, 2)


@pytest.mark.parametrize(
    ("value", "grade"),
    [
        (signed(), 100),
        (signed(state=State.BOGUS), 0),
        (signed(state=State.BOGUS, dnskeys=()), 0),
        (signed(state=State.INSECURE, ds=(), dnskeys=()), 60),
        (signed(state=State.INSECURE, ds=()), 60),
        (
            signed(
                state=State.INSECURE, ds=(ds(algorithm=5),), dnskeys=(key(algorithm=5, bits=2048),)
            ),
            60,
        ),
    ],
)
def test_predecessor_bug_33_a_ds_alone_is_not_dnssec(value: Dnssec, grade: int) -> None:
    assert grade_family("dnssec", {"dnssec": value})[0].grade == grade


def test_predecessor_bug_33_only_the_resolver_says_secure() -> None:
    world = ZoneAnswers(NAME)
    world.put(Question(NAME, wire.DS), [(NAME, "DS", "1 13 2 " + "00" * 32)])
    value = dnssec.read(world.site, world.look)
    assert isinstance(value, Dnssec)
    assert value.state is not State.SECURE
