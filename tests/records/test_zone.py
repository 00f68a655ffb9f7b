"""Apex, subdomain, nothing: told apart by the proofs in the answers."""

from __future__ import annotations

import pytest
from dnstats import wire
from dnstats.answer import Question, Reason
from dnstats.records.record import NotMeasured
from dnstats.records.zone import Zone, zone_of
from msgspec.structs import replace

from tests.answers import look_of, nxdomain, servfail, timeout
from tests.zone_answers import SOA, Line, message_answer

NS, NS_SOA = Question("a.example.com", wire.NS), Question("a.example.com", wire.SOA)


def _nodata(question: Question, *authority: Line) -> object:
    return message_answer(question, (), authority)


@pytest.mark.parametrize(
    ("authority", "zone"),
    [
        ([("a.example.com", "SOA", SOA)], Zone("a.example.com", is_apex=True, exists=True)),
        ([("example.com", "SOA", SOA)], Zone("example.com", is_apex=False, exists=True)),
        ([("com", "SOA", SOA)], Zone("com", is_apex=False, exists=True)),
    ],
)
def test_the_soa_in_the_proof_names_the_zone(authority: list[Line], zone: Zone) -> None:
    answers = [message_answer(question, (), authority) for question in (NS, NS_SOA)]
    assert zone_of("a.example.com", look_of(*answers)) == zone


@pytest.mark.parametrize("authority", [[], [("example.org", "SOA", SOA)]])
def test_without_the_soa_of_a_zone_above_nothing_is_known(authority: list[Line]) -> None:
    answers = [message_answer(question, (), authority) for question in (NS, NS_SOA)]
    zone = zone_of("a.example.com", look_of(*answers))
    assert isinstance(zone, NotMeasured)
    assert zone.reason is Reason.NO_PROOF


def test_an_ns_set_makes_an_apex() -> None:
    look = look_of(message_answer(NS, [("a.example.com", "NS", "ns1.example.")]))
    assert zone_of("a.example.com", look) == Zone("a.example.com", is_apex=True, exists=True)


def test_an_alias_is_no_apex_whatever_its_target_has() -> None:
    lines = [("a.example.com", "CNAME", "b.example."), ("b.example", "NS", "ns1.example.")]
    zone = zone_of("a.example.com", look_of(message_answer(NS, lines)))
    assert zone == Zone("", is_apex=False, exists=True)


def test_no_such_name_is_no_zone() -> None:
    assert zone_of("a.example.com", look_of(nxdomain(NS))) == Zone("", is_apex=False, exists=False)


def test_the_soa_question_tells_where_the_ns_question_failed() -> None:
    look = look_of(timeout(NS), message_answer(NS_SOA, [("a.example.com", "SOA", SOA)]))
    assert zone_of("a.example.com", look) == Zone("a.example.com", is_apex=True, exists=True)


def test_an_answer_without_checking_tells_where_validation_refused() -> None:
    unchecked = message_answer(replace(NS, cd=True), [("a.example.com", "NS", "ns1.example.")])
    zone = zone_of("a.example.com", look_of(servfail(NS, 6), unchecked))
    assert zone == Zone("a.example.com", is_apex=True, exists=True)


def test_failures_leave_the_zone_not_measured() -> None:
    assert isinstance(zone_of("a.example.com", look_of(timeout(NS), servfail(NS_SOA))), NotMeasured)
