"""Which addresses are asked, and one verdict on two answers."""

from __future__ import annotations

import itertools

import pytest
from dnstats.answer import Answer, Reason
from dnstats.records.host import Host
from dnstats.records.name_server import (
    MAX_ADDRESSES,
    Service,
    addresses_to_ask,
    direct_questions,
    read_server_address,
)
from dnstats.records.record import NotMeasured
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import look_of, unmeasured

ADDRESS = "198.41.0.4"
NS, SOA = direct_questions("example.com", ADDRESS)
FAULTS = {
    Service.LAME: Reason.LAME,
    Service.REFUSED: Reason.REFUSED,
    Service.FAILS: Reason.SERVFAIL,
    Service.UNREACHABLE: Reason.UNREACHABLE,
    Service.SILENT: Reason.TIMEOUT,
    Service.NOT_ASKED: Reason.LIMIT,
}


def _service(*answers: Answer) -> Service:
    return read_server_address("example.com", ADDRESS, (), look_of(*answers)).service


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(FAULTS, 2)))
def test_what_was_said_outweighs_what_was_not(first: Service, second: Service) -> None:
    for one, two in ((first, second), (second, first)):
        answers = unmeasured(NS, FAULTS[one]), unmeasured(SOA, FAULTS[two])
        assert _service(*answers) is first


def test_the_first_address_of_everybody_comes_before_any_second_one() -> None:
    hosts = [
        Host("a", ("192.0.2.1", "192.0.2.2"), ("2001:db8::1",)),
        Host("b", ("192.0.2.3",), NotMeasured(Reason.TIMEOUT)),
    ]
    assert addresses_to_ask(hosts) == ("192.0.2.1", "192.0.2.3", "2001:db8::1", "192.0.2.2")


@given(st.lists(st.tuples(st.sets(st.integers(0, 99), max_size=5), st.sets(st.integers(0, 99)))))
def test_never_more_than_the_bound_and_none_twice(sets: list[tuple[set[int], set[int]]]) -> None:
    hosts = [
        Host(str(n), tuple(f"192.0.2.{i}" for i in v4), tuple(f"2001:db8::{i:x}" for i in v6))
        for n, (v4, v6) in enumerate(sets)
    ]
    asked = addresses_to_ask(hosts)
    assert len(asked) == len(set(asked)) <= MAX_ADDRESSES
    assert {address for host in hosts for address in host.addresses} >= set(asked)
