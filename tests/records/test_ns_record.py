"""NS sets in messages, and names that cannot be hosts."""

from __future__ import annotations

import pytest
from dnstats import wire
from dnstats.answer import Question
from dnstats.records.ns_record import name_fault, ns_set
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import raw
from tests.zone_answers import message_answer

QUESTION = Question("example.com", wire.NS)


def test_names_are_canonical_sorted_and_each_once() -> None:
    lines = [("example.com", "NS", data) for data in ("NS2.Example.", "ns1.example.")]
    found = ns_set(message_answer(QUESTION, [*lines, lines[0]], ttl=60).message, "example.com")
    assert (found.names, found.ttl, found.malformed) == (("ns1.example", "ns2.example"), 60, 0)


def test_records_of_another_name_do_not_count() -> None:
    lines = [("example.com", "CNAME", "b.example."), ("b.example", "NS", "ns1.example.")]
    assert ns_set(message_answer(QUESTION, lines).message, "example.com").names == ()


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=4))
def test_any_data_is_a_name_or_counted(rdata: list[bytes]) -> None:
    found = ns_set(raw(QUESTION, *rdata).message, "example.com")
    assert len(found.names) + found.malformed <= len(rdata)
    assert all(name.isprintable() for name in found.names)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        (".", "is the root"),
        ("192.0.2.1", "is an IP address"),
        ("2001:db8::1", "is an IP address"),
        ("ns1.example", ""),
        ("1.2.3", ""),
        ("_x.example", ""),
        ("mail.163.com", ""),
    ],
)
def test_what_can_be_no_host(name: str, fault: str) -> None:
    assert name_fault(name) == fault
