"""The least that asking from Python costs: a bare loop, which is no scanner. A floor to measure by.

Same questions, random IDs, ports and case, every check of a reply, as few calls of the kernel as
the engine makes. Nothing else: no retries (what is lost stays lost), no window that adapts, no
health, no pace, no plans, no table. `bare_stage` keeps an answer for each and writes the archive:
what is left when all that a scan has to decide would cost nothing.
"""

from __future__ import annotations

import random
import select
import socket
from collections.abc import Callable, Iterable
from itertools import islice

from dnstats import wire
from dnstats.scan.batch import SOL_UDP, UDP_SEGMENT, Receiver
from dnstats.scan.query import HEADERS, MAX_BURST, OPT, mixed_burst, question_section

IN_FLIGHT = 250
SOCKETS = 4
PATIENCE = 1.0  # seconds without an answer after which the rest is lost
HEADER = HEADERS[True, False, True]
BEHIND = len(OPT)


def ask_all(port: int, names: Iterable[str], keep: Callable[[str, bytes], None]) -> int:
    """Ask TXT of every name once and hand over the accepted replies; how many there were."""
    random_bits = random.SystemRandom().getrandbits
    random_bits = random.Random(random_bits(256)).getrandbits
    receiver = Receiver()
    poller = select.epoll()
    sockets: dict[int, tuple[socket.socket, dict[bytes, tuple[str, bytes]]]] = {}
    for _ in range(SOCKETS):
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.setblocking(False)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        udp.connect(("127.0.0.1", port))
        sockets[udp.fileno()] = udp, {}
        poller.register(udp.fileno(), select.EPOLLIN)
    turns = list(sockets.values())
    waiting = iter(names)
    in_flight = answered = turn = 0
    while True:
        by_length: dict[int, list[tuple[str, bytes]]] = {}
        for name in islice(waiting, IN_FLIGHT - in_flight):
            section = question_section(name, wire.TXT)
            by_length.setdefault(len(section), []).append((name, section))
        for group in by_length.values():
            for first in range(0, len(group), MAX_BURST):
                udp, pending = turns[turn % SOCKETS]
                turn += 1
                in_flight += _send(udp, pending, group[first : first + MAX_BURST], random_bits)
        ready = poller.poll(PATIENCE) if in_flight else []
        if not ready:
            break
        for descriptor, _ in ready:
            pending = sockets[descriptor][1]
            for data in receiver.receive(descriptor)[0]:
                ident = data[:2]
                asked = pending.get(ident)
                if (
                    asked is None
                    or not data.startswith(asked[1], 12)
                    or data[2] & 0xFA != 0x80
                    or data[4:6] != b"\0\1"
                ):
                    continue
                del pending[ident]
                in_flight -= 1
                answered += 1
                keep(asked[0], data)
    for udp, _ in turns:
        udp.close()
    poller.close()
    return answered


def _send(
    udp: socket.socket,
    pending: dict[bytes, tuple[str, bytes]],
    group: list[tuple[str, bytes]],
    random_bits: Callable[[int], int],
) -> int:
    """One burst of queries of one length; how many are on their way."""
    queries = mixed_burst([section for _, section in group], HEADER, random_bits)
    length = len(queries) // len(group)
    udp.setsockopt(SOL_UDP, UDP_SEGMENT, length)
    udp.send(queries)
    before = len(pending)
    for (name, _), start in zip(group, range(0, len(queries), length), strict=True):
        end = start + length - BEHIND
        pending[queries[start : start + 2]] = name, queries[start + 12 : end]
    return len(pending) - before
