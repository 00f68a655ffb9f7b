"""Real scans over real sockets, against servers whose every reply is drawn from a seed."""

from __future__ import annotations

import contextlib
import random
import signal
from collections.abc import Iterable, Iterator

from dnstats.answer import Answer, Plan, Question, Wanted
from dnstats.scan.progress import ScanReport
from dnstats.scan.scanner import scan

from tests.scan.asking import Recorded, quick
from tests.scan.holds import check_answers, check_plans
from tests.scan.nameserver import HANG_UP, NameServer, Query, Reply, framed, whole
from tests.scan.simulated_internet import (
    DATAGRAM_FAULTS,
    STREAM_FAULTS,
    TYPES,
    Zones,
    faulty,
    message,
    referral,
)

ADDRESSES = ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"]
NOBODY = "127.0.0.9"  # an address where nothing listens
BROKEN_STREAMS = (*STREAM_FAULTS, "half", "octets", "empty frames", "short frame", "hang up")
LONGEST = 120  # seconds of one round


class Temper:
    """How one server behaves."""

    def __init__(self, seed: object, zones: Zones) -> None:
        rng = self._rng = random.Random(f"{seed}")
        self._seed, self._zones = seed, zones
        self._faults = rng.sample(DATAGRAM_FAULTS, rng.choice((1, 3, 8, len(DATAGRAM_FAULTS))))
        self._share = rng.choice((0.02, 0.2, 0.5))
        self._stream_faults = rng.sample(BROKEN_STREAMS, rng.choice((1, 4, len(BROKEN_STREAMS))))
        self._stream_share = rng.choice((0.0, 0.2, 0.7))
        self._delay = rng.choice((0.0, 0.0, 0.01))
        self._is_parent = rng.random() < 0.2

    def __call__(self, query: Query) -> Iterable[Reply]:
        asked = f"{self._seed} {query.name} {query.rdtype} {query.count} {query.tcp}"
        rng = random.Random(asked)
        share = self._stream_share if query.tcp else self._share
        faults = self._stream_faults if query.tcp else self._faults
        kind = rng.choice(faults) if rng.random() < share else ""
        truth = self._zones.truth(query.name, query.rdtype)
        good = message(
            query, truth, aa=not query.rd, proof=kind != "no proof", ede=3 * (kind == "stale")
        )
        if self._is_parent and not query.rd and query.section.endswith(b"\0\2\0\1"):
            good = referral(query, truth.rdata)
        delay = self._delay * rng.random()
        if kind == "late":
            delay += rng.choice((0.1, 0.5)) * rng.random()
        if query.tcp and (replies := _broken_stream(kind, good, delay)) is not None:
            return replies
        if kind == "drop":
            return []
        return [
            (delay and delay + 0.01 * rng.random(), whole(query, one))
            for one in faulty(kind, query, good, rng=rng)
        ]


def _broken_stream(kind: str, good: bytes, delay: float) -> list[Reply] | None:
    """What no datagram can do; None for all other kinds.

    Parts of a message go out without a delay: another one that came in between would make a wrong
    message of it that nobody can tell from a right one.
    """
    data = framed(good)
    if kind == "hang up":
        return [(delay, HANG_UP)]
    if kind == "hang up after":
        return [(0, data), (0, HANG_UP)]
    if kind == "half":
        return [(0, data[: len(data) // 2]), (0, HANG_UP)]
    if kind == "octets":
        return [(0, data[at : at + 1]) for at in range(len(data))]
    if kind == "empty frames":
        return [(0, b"\0\0\0\1x\0\0" + data)]
    if kind == "short frame":
        return [(0, (len(good) - 5).to_bytes(2) + good), (0, HANG_UP)]
    return None


@contextlib.contextmanager
def watched(seconds: int) -> Iterator[None]:
    """A scan that hangs is a failure, and no test that hangs."""

    def ring(*_: object) -> None:
        raise TimeoutError(f"the scan was not over after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def hostile_round(seed: int, questions: int = 2000) -> ScanReport:
    """One scan of so many questions, and all that must hold of it."""
    rng = random.Random(seed)
    zones = Zones(seed, [*ADDRESSES, NOBODY])
    sites = [f"s{number}.com" for number in range(max(1, questions // 12))]
    got: list[tuple[Question, Answer]] = []

    def plans() -> Iterator[tuple[str, Wanted]]:
        for site in sites:
            names = (site, f"www.{site}", f"_dmarc.{site}")
            yield site, tuple(Question(rng.choice(names), rng.choice(TYPES)) for _ in range(8))
            yield site, follow(site)

    def follow(site: str) -> Plan:
        servers = rng.sample([*ADDRESSES, NOBODY], 2)
        asked = tuple(Question(site, rng.choice(TYPES), server) for server in servers)
        answers = yield asked
        got.extend(zip(asked, answers, strict=True))
        again = (Question(f"x.{site}", rng.choice(TYPES)), Question(site, rng.choice(TYPES)))
        got.extend(zip(again, (yield again), strict=True))

    recorded = Recorded()
    with contextlib.ExitStack() as stack:
        servers = _servers(seed, zones, rng, stack)
        resolvers = [server.text for server in rng.sample(servers, rng.choice((1, 1, 2)))]
        settings = quick(
            *resolvers,
            second_resolvers=tuple(s.text for s in servers[: rng.choice((0, 0, 1))]),
            direct_port=servers[0].port,
            timeout=rng.choice((0.05, 0.2)),
            tries=rng.choice((1, 2, 3)),
            window=rng.choice((20, 800)),
            direct_window=rng.choice((3, 2000)),
            server_rate=rng.choice((200.0, 10_000.0)),
            second_pass=rng.random() < 0.8,
            control_share=rng.choice((0.0, 0.05)),
            patience=rng.choice((0.3, 2.0)),
            batches=rng.random() < 0.5,
            seed=seed,
        )
        with watched(LONGEST):
            report = scan(plans(), settings, recorded)
    check_answers(recorded, report, zones, settings.tries)
    check_plans(got, recorded)
    assert report.sites == len(sites)
    assert report.highest_rate <= settings.server_rate
    return report


def _servers(
    seed: int, zones: Zones, rng: random.Random, stack: contextlib.ExitStack
) -> list[NameServer]:
    """One server an address, all on one port; some do not listen for connections."""
    while True:
        opened = contextlib.ExitStack()
        try:
            port = 0
            servers = []
            for address in ADDRESSES:
                temper = Temper(f"{seed} {address}", zones)
                server = NameServer(temper, address, port, tcp=rng.random() < 0.8)
                servers.append(opened.enter_context(server))
                port = server.port
        except OSError:  # somebody else has that port at another address
            opened.close()
            continue
        stack.push(opened)
        return servers
