"""Servers of the simulated internet, and the transport that stands where the sockets are.

Time is virtual: it passes when the scan waits, and now and then while it works.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

from dnstats import wire
from dnstats.scan.lookups import Lookups
from dnstats.scan.server import Lane, Sends

from tests.scan.nameserver import Query
from tests.scan.simulated_internet import (
    DATAGRAM_FAULTS,
    STREAM_FAULTS,
    Zones,
    faulty,
    message,
    referral,
)


class Absence(NamedTuple):
    """A time in which a server is away: silent, stopped (it answers all afterwards), or closed."""

    begins: float
    ends: float
    kind: str


class SimulatedServer:
    """One address: how it misbehaves, when it is away, and when it was asked."""

    def __init__(self, rng: random.Random, start: float, *, is_resolver: bool) -> None:
        self.rng = rng
        self.faults = rng.sample(DATAGRAM_FAULTS, rng.choice((0, 1, 2, 5, len(DATAGRAM_FAULTS))))
        self.stream_faults = rng.sample(STREAM_FAULTS, rng.choice((0, 1, 3, len(STREAM_FAULTS))))
        self.share = rng.choice((0.02, 0.1, 0.3, 0.7, 1.0))
        self.stream_share = rng.choice((0.0, 0.1, 0.5, 1.0))
        self.delay = rng.choice((0.001, 0.02, 0.2))
        self.connects = rng.choices(("yes", "no", "at once", "never"), (8, 1, 1, 1))[0]
        self.hangs_up_after = rng.choice((0, 0, 0, 1, 2, 5))
        direct = not is_resolver
        self.is_lame = direct and rng.random() < 0.05
        self.is_parent = direct and rng.random() < 0.2
        self.is_unroutable = direct and rng.random() < 0.03
        self.takes_datagrams = is_resolver or rng.random() < 0.95
        self.is_old = rng.random() < 0.05
        self.folds = rng.random() < 0.05
        self.absences: list[Absence] = []
        at = start
        for _ in range(rng.choice((0, 0, 0, 1, 3, 6))):
            at += rng.choice((0.0, 0.5, 5.0)) * rng.random()
            ends = at + rng.choice((0.3, 2.0, 30.0, 1e9)) * rng.random()
            kind = rng.choice(("silent", "silent", "stopped", "closed", "closed", "unreachable"))
            self.absences.append(Absence(at, ends, kind))
            at = ends
        self.sent_at: list[float] = []
        self.control_questions = 0

    def absence(self, now: float) -> Absence | None:
        return next((one for one in self.absences if one.begins <= now < one.ends), None)

    def says(self, query: Query, zones: Zones) -> tuple[str, list[bytes]]:
        """What it does with a query, and what it says."""
        share, faults = (
            (self.stream_share, self.stream_faults) if query.tcp else (self.share, self.faults)
        )
        kind = self.rng.choice(faults) if faults and self.rng.random() < share else ""
        if self.is_old and query.has_edns and not kind:
            kind = "formerr"
        if self.folds and not kind:
            kind = "folded"
        truth = zones.truth(query.name, query.rdtype)
        if self.is_parent and query.rdtype == wire.NS and "." in query.name:
            good = referral(query, truth.rdata)
        else:
            good = message(
                query, truth, aa=not query.rd and not self.is_lame,
                proof=kind != "no proof", ede=3 * (kind == "stale"),
            )  # fmt: skip
        return kind, faulty(kind, query, good, rng=self.rng)


class Connection:
    """The far end of a stream."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.answered = 0


class SimulatedTransport:
    """Does what `scan.transport.Transport` does, with simulated servers and a clock of its own."""

    def __init__(
        self, servers: dict[str, SimulatedServer], zones: Zones, rng: random.Random, now: float
    ) -> None:
        self.now = now
        self.servers = servers
        self.zones = zones
        self.rng = rng
        self.check: Callable[[], None] = lambda: None
        self.events: list[tuple[float, int, Callable[[Lookups], None]]] = []
        self.connections: dict[Lane, Connection] = {}
        self.sent: Counter[tuple[str, int, str, bool]] = Counter()
        self.datagrams = self.stream_queries = 0
        self.stalls = rng.random() < 0.1  # the machine is busy with something else at times
        self.stalled = 0.0  # seconds of that
        self.waits_in_a_row = self.waits = 0
        self._tickets = 0
        self.inbox: dict[Lane, list[bytes]] = {}

    def at(self, when: float, act: Callable[[Lookups], None]) -> None:
        self._tickets += 1
        heapq.heappush(self.events, (when, self._tickets, act))

    # -- what the scan's loop calls ---------------------------------------------------------------

    def send(self, core: Lookups, sends: Sends, now: float) -> None:
        for lane, messages, length in sends:
            assert len(messages) % length == 0
            server = self.servers[lane.server.address]
            for start in range(0, len(messages), length):
                query = Query(messages[start : start + length], tcp=lane.is_tcp)
                whom = "" if lane.server.is_resolver else lane.server.address
                self.sent[query.name, query.rdtype, whom, query.cd] += 1
                if query.name == "." and lane.server.is_resolver:
                    server.control_questions += 1
                else:
                    server.sent_at.append(now)
                if lane.is_tcp:
                    self.stream_queries += 1
                    self._send_stream(core, server, lane, query)
                else:
                    self.datagrams += 1
                    self._send_datagram(core, server, lane, query)
        closing, core.closing = core.closing, []
        for lane in closing:
            self.connections.pop(lane, None)

    def wait(self, seconds: float) -> list[Any]:
        assert seconds >= 0
        until = min(self.now + seconds, self.events[0][0] if self.events else float("inf"))
        self.waits += 1
        self.waits_in_a_row = self.waits_in_a_row + 1 if until <= self.now else 0
        assert self.waits_in_a_row < 2000, "the loop is busy and no time passes"
        self.now = max(self.now, until)
        if self.stalls and self.rng.random() < 0.02:
            lost = self.rng.choice((0.05, 0.5, 3.0))
            self.now += lost
            self.stalled += lost
        return []

    def handle(self, core: Lookups, ready: list[Any], now: float) -> int:
        while self.events and self.events[0][0] <= now:
            heapq.heappop(self.events)[2](core)
        inbox, self.inbox = self.inbox, {}
        for lane, messages in inbox.items():
            core.received(lane, messages, now)
        self.check()
        return 0

    def close(self) -> None:
        pass

    # -- datagrams --------------------------------------------------------------------------------

    def _send_datagram(
        self, core: Lookups, server: SimulatedServer, lane: Lane, query: Query
    ) -> None:
        away = server.absence(self.now)
        rtt = 0.0005 + self.rng.random() * server.delay
        if server.is_unroutable or (away is not None and away.kind == "unreachable"):
            if self.rng.random() < 0.5:
                core.unreachable(lane, self.now)
            else:
                self.at(self.now + rtt, lambda core: core.unreachable(lane, self.now))
            return
        if away is not None and away.kind == "closed":
            if self.rng.random() < 0.9:
                self.at(self.now + rtt, lambda core: core.refused(lane, self.now))
            return
        if (away is not None and away.kind == "silent") or not server.takes_datagrams:
            return
        begins = self.now if away is None else away.ends
        kind, messages = server.says(query, self.zones)
        if kind == "drop" or begins > 1e8:
            return
        if kind == "late":
            rtt += self.rng.choice((0.3, 1.0, 3.0, 10.0)) * self.rng.random()
        for one in messages:
            self.at(begins + rtt, lambda core, one=one: self._put(lane, one))
            if self.rng.random() < 0.3:
                rtt += self.rng.random() * server.delay

    def _put(self, lane: Lane, data: bytes) -> None:
        self.inbox.setdefault(lane, []).append(data)

    # -- streams ----------------------------------------------------------------------------------

    def _send_stream(
        self, core: Lookups, server: SimulatedServer, lane: Lane, query: Query
    ) -> None:
        connection = self.connections.get(lane)
        rtt = 0.001 + self.rng.random() * server.delay
        away = server.absence(self.now)
        is_new = connection is None
        if connection is None:
            if server.connects == "at once" or server.is_unroutable:
                core.closed(lane)
                return
            connection = self.connections[lane] = Connection(lane)
        if server.connects == "no" or (away is not None and away.kind in ("closed", "unreachable")):
            if is_new or self.rng.random() < 0.5:
                self.at(self.now + rtt, lambda core: self._hang_up(core, connection))
            return
        if server.connects == "never" or away is not None:
            return
        kind, messages = server.says(query, self.zones)
        when = self.now + rtt
        if kind == "drop":
            return
        if kind == "late":
            when += self.rng.choice((0.5, 3.0, 20.0)) * self.rng.random()
        if kind == "hang up":
            self.at(when, lambda core: self._hang_up(core, connection))
            return
        self.at(when, lambda core: self._answer(core, connection, server, messages, kind))

    def _answer(
        self, core: Lookups, connection: Connection, server: SimulatedServer,
        messages: list[bytes], kind: str,
    ) -> None:  # fmt: skip
        if self.connections.get(connection.lane) is not connection:
            return
        core.received(connection.lane, messages, self.now)
        connection.answered += 1
        if kind == "hang up after" or connection.answered == server.hangs_up_after:
            self._hang_up(core, connection)

    def _hang_up(self, core: Lookups, connection: Connection) -> None:
        if self.connections.get(connection.lane) is connection:
            del self.connections[connection.lane]
            core.closed(connection.lane)
