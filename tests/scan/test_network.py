"""Many name servers behind one door are asked no faster than that door bears."""

from __future__ import annotations

import pytest
from dnstats.scan.network import Networks

from tests.scan.asking import quick, txt
from tests.scan.nameserver import respond
from tests.scan.test_lookups import Bench


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.1", "192.0.2.0/24"),
        ("192.0.2.255", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("127.0.0.1", None),
        ("::1", None),
    ],
)
def test_the_network_of_an_address(address: str, name: str | None) -> None:
    network = Networks(200.0).of(address)
    assert (network.name if network is not None else None) == name


def _times(rate: float, addresses: list[str]) -> list[float]:
    """When questions went out that were put to these addresses, fifteen to each."""
    questions = [
        txt(f"n{number}.example", address) for address in addresses for number in range(15)
    ]
    bench = Bench(
        *questions, scan_settings=quick("192.0.2.53", server_rate=20.0, network_rate=rate)
    )
    times = []
    while len(bench.answers) < len(questions):
        for lane, query in bench.sends():
            times.append(bench.now)
            bench.reply(lane, respond(query))
        bench.turn(0.005)
    networks = bench.core.networks.all.values()
    assert sum(network.sent.total for network in networks) == len(times)
    return times


def _most_in_a_second(times: list[float]) -> int:
    return max(sum(start <= at < start + 0.999 for at in times) for start in times)


def test_servers_of_one_network_share_its_rate() -> None:
    crowd = [f"192.0.2.{number}" for number in range(1, 11)]
    assert 40 < _most_in_a_second(_times(50.0, crowd)) <= 50
    assert _most_in_a_second(_times(0.0, crowd)) > 100  # no ceiling but each server's own


def test_networks_do_not_wait_for_each_other() -> None:
    apart = [f"198.51.{number}.1" for number in range(10)]
    assert _most_in_a_second(_times(20.0, apart)) > 100


def test_a_network_with_a_part_of_the_rate_gets_that_part() -> None:
    networks = Networks(200.0)
    networks.ceiling.change(0.25, 0.0)
    network = networks.of("192.0.2.1")
    assert network is not None
    assert sum(network.pace.take(100, at / 100) for at in range(100)) <= 50
