"""Sockets: loopback only, all addresses or none, TCP, loss."""

from __future__ import annotations

import socket
import time
import warnings

import dns.exception
import dns.message
import dns.query
import pytest
from dnstats.lab.loss import Loss
from dnstats.lab.providers import RESOLVERS, addresses
from dnstats.lab.serve import PortTaken, bind, bind_anywhere, check_loopback

from tests.lab.worlds import SEED, ask, names, query, serving, values


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.1", "10.0.0.1", "::1", "128.0.0.1"])
def test_nothing_outside_loopback_is_ever_bound(address) -> None:
    with pytest.raises(ValueError, match="127"):
        bind(["127.53.0.1", address], 20999)


def test_every_address_of_the_lab_is_loopback() -> None:
    check_loopback(addresses())


def test_a_taken_port_leaves_nothing_bound_and_another_is_picked() -> None:
    port, held = bind_anywhere(["127.53.0.9"], range(22001, 22400))
    try:
        with warnings.catch_warnings(record=True) as left_open:
            warnings.simplefilter("always", ResourceWarning)
            with pytest.raises(PortTaken, match=r"127\.53\.0\.9"):
                bind(["127.53.0.8", "127.53.0.9"], port)
        assert not left_open
        for each in bind(["127.53.0.8"], port):
            each.close()
        other, more = bind_anywhere(["127.53.0.8", "127.53.0.9"], range(port, port + 100))
        assert other != port
        for each in more:
            each.close()
    finally:
        for each in held:
            each.close()


def test_every_address_answers_over_udp_and_tcp_but_the_silent_ones(port) -> None:
    for address in addresses():
        if address.startswith("127.53.3."):
            continue
        made = query(".", "NS", direct=True)
        for how in (dns.query.udp, dns.query.tcp):
            assert how(made, address, port=port, timeout=3).id == made.id


def test_tcp_takes_several_questions_byte_by_byte_and_answers_each(port) -> None:
    wires = [query(name, "NS").to_wire() for name in ("com", "net", "org")]
    stream = b"".join(len(wire).to_bytes(2, "big") + wire for wire in wires)
    with socket.create_connection((RESOLVERS[0], port), timeout=3) as asker:
        asker.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(stream)):
            asker.sendall(stream[at : at + 1])
        source = asker.makefile("rb")
        for wire in wires:
            response = source.read(int.from_bytes(source.read(2), "big"))
            assert dns.message.from_wire(response).id == int.from_bytes(wire[:2], "big")


def test_a_broken_connection_harms_nobody(port) -> None:
    for junk in (b"", b"\0", b"\xff\xff" + b"x" * 1000, b"\0\0\0\0", b"\0\x0c" + b"\xff" * 12):
        with socket.create_connection((RESOLVERS[0], port), timeout=3) as asker:
            asker.sendall(junk)
    assert ask(port, "com", "NS").answer


def test_lost_queries_are_the_same_each_time_and_a_retry_succeeds() -> None:
    wires = [query(name, "A").to_wire() for name in names(2000)]
    loss, again = Loss(SEED, 0.1), Loss(SEED, 0.1)
    lost = [wire for wire in wires if loss.drops(RESOLVERS[0], wire)]
    assert 150 < len(lost) < 250
    assert [wire for wire in wires if again.drops(RESOLVERS[0], wire)] == lost
    twice = [wire for wire in lost if loss.drops(RESOLVERS[0], wire)]
    assert 0 < len(twice) < 50
    assert not any(loss.drops(RESOLVERS[0], wire) for wire in twice)
    assert not any(loss.drops("127.53.1.1", wire) for wire in wires)
    assert not any(Loss(SEED, 0).drops(RESOLVERS[0], wire) for wire in wires)


def test_a_lossy_lab_answers_a_retry() -> None:
    with serving(names(5), loss=0.5) as port:
        lost = 0
        for name in ("com", "net", "org", "de", "fr", "it"):
            for _ in range(3):
                try:
                    made = query(name, "NS")
                    assert dns.query.udp(made, RESOLVERS[1], port=port, timeout=0.2).answer
                    break
                except dns.exception.Timeout:
                    lost += 1
            else:
                raise AssertionError("three queries in a row were lost")
        assert lost


def test_it_answers_a_burst_quickly(port) -> None:
    ask(port, "com", "NS")
    made = query("com", "NS").to_wire()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.connect((RESOLVERS[0], port))
        asker.settimeout(3)
        start = time.monotonic()
        for _ in range(50):
            for _ in range(40):
                asker.send(made)
            for _ in range(40):
                asker.recv(2048)
        assert 2000 / (time.monotonic() - start) > 2000  # far below what it does alone on a core


def test_the_second_resolver_knows_the_same_world(port) -> None:
    first, second = (ask(port, "com", "NS", where) for where in RESOLVERS)
    assert values(first, "NS") == values(second, "NS")
