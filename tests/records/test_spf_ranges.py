"""Counting addresses: each once, however the networks overlap."""

from __future__ import annotations

import ipaddress

import pytest
from dnstats.records.spf_ranges import count_addresses, network_range
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("networks", "count"),
    [
        ([], 0),
        (["192.0.2.1"], 1),
        (["192.0.2.1", "192.0.2.1"], 1),
        (["192.0.2.77/24"], 256),
        (["192.0.2.0/25", "192.0.2.128/25", "192.0.2.0/24"], 256),
        (["10.0.0.0/8", "10.1.0.0/16", "11.0.0.0/8"], 2 << 24),
        (["0.0.0.0/0", "192.0.2.1"], 1 << 32),
    ],
)
def test_addresses_are_counted_once(networks: list[str], count: int) -> None:
    ranges = []
    for network in networks:
        address, _, prefix = network.partition("/")
        ranges.append(network_range(address, int(prefix) if prefix else None))
    assert count_addresses(ranges) == count


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.integers(24, 32)), max_size=6))
def test_the_count_is_that_of_a_set(networks: list[tuple[int, int]]) -> None:
    members: set[int] = set()
    ranges = []
    for number, prefix in networks:
        address = str(ipaddress.IPv4Address(number))
        network = ipaddress.ip_network((number, prefix), strict=False)
        members.update(range(int(network[0]), int(network[-1]) + 1))
        ranges.append(network_range(address, prefix))
    assert count_addresses(ranges) == len(members)
