"""What is under way, and what is known of where it goes: the state of the core.

With its smallest steps, each of which keeps the counts right. What is done with them is in
`sending`, `hearing` (what came of it), `trying` (a try failed), `health` (silence).
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from collections.abc import Sequence

from dnstats.answer import Answer
from dnstats.scan.allowance import Part
from dnstats.scan.counters import Counters
from dnstats.scan.network import Networks
from dnstats.scan.pacing import QUIET, Ceiling, Pace
from dnstats.scan.reply import failed
from dnstats.scan.server import Lane, Lookup, Pool, Sends, Server, State
from dnstats.scan.settings import ScanSettings, read_address
from dnstats.scan.window import Window

BACK_OFF = 1.5  # every try waits this much longer than the one before
DIRECT_SHARE = 0.6  # one server answers sooner than a resolver that has to ask several
SLOW_SHARE = 1.5  # in the second pass
STREAM_IDLE = 2.0  # seconds an idle connection is kept for the next truncated answer
MAX_STREAMS = 1000

Sending = tuple[float, float, Lane | None, Sequence[Lookup]]
"""When it is overdue, when it was sent, and what: the look-ups, or all that a lane holds of that
time. Answered look-ups are so not kept alive for as long as they would have been waited for: they
would be out of the processor's caches when they go, which costs more than all else about them."""


class Traffic:
    """Everything that is on its way, and all that is known of where it goes."""

    def __init__(self, settings: ScanSettings, rng: random.Random, now: float) -> None:
        self.settings = settings
        self.epoch = 0.0  # what is added to `now` for seconds since 1970
        self.random_bits = rng.getrandbits
        self.random_bytes = rng.randbytes
        self.direct_ceiling = Ceiling(settings.server_rate)
        self.networks = Networks(settings.network_rate)
        self._ceilings = [self.direct_ceiling, self.networks.ceiling]
        self.first = self._pool(settings.resolvers, settings.window, now)
        self.second = self._pool(settings.second_resolvers, max(1, settings.window // 4), now)
        self.servers: dict[str, Server] = {}
        self.direct_in_flight = 0
        self.streams = 0
        self.finished: list[tuple[Lookup, Answer]] = []
        self.closing: list[Lane] = []  # connections the transport shall close
        self.overdue: list[Lookup] = []  # of which the first try went unanswered, at a resolver
        self.outbox: Sends = []
        self.counters = Counters()
        self._look_at = now
        self._max_streams = max(1, min(MAX_STREAMS, settings.direct_window // 2))
        self._ready: list[Server] = []
        self._starved: list[Server] = []  # wait for room among all direct look-ups
        self._timed: list[tuple[float, int, Server]] = []
        self._ticket = 0
        self._sendings: dict[float, deque[Sending]] = {}
        self._idle_streams: deque[tuple[float, Lane]] = deque()

    def _pool(self, addresses: tuple[str, ...], window: int, now: float) -> Pool:
        pool = Pool()
        ceiling = Ceiling(self.settings.resolver_rate / max(1, len(addresses)))
        self._ceilings.append(ceiling)
        for text in addresses:
            address, port = read_address(text)
            pool.servers.append(Server(address, port, Pace(ceiling), Window(window, now), pool))
        return pool

    def allow(self, part: Part, now: float) -> None:
        """Use this part of the rates from now on; other scans use the rest."""
        if part.share == self.direct_ceiling.part:
            return
        for ceiling in self._ceilings:
            ceiling.change(part.share, now if part.is_alone else now + QUIET)
        for server in self.servers.values():
            if server.queue or server.stream_queue:
                self.ready(server)
        for pool in (self.first, self.second):
            self.ready_pool(pool)

    def direct(self, address: str) -> Server:
        """The state of one address that is asked directly."""
        server = self.servers.get(address)
        if server is None:
            network = self.networks.of(address)
            pace = Pace(self.direct_ceiling, network.pace if network is not None else None)
            server = Server(address, self.settings.direct_port, pace, None, None)
            server.network = network
            self.servers[address] = server
        return server

    # -- who may send --------------------------------------------------------------------------

    def ready(self, server: Server) -> None:
        """The server may have something to send."""
        if not server.is_ready:
            server.is_ready = True
            self._ready.append(server)

    def ready_pool(self, pool: Pool) -> None:
        """All resolvers of the pool that are there may have something to send."""
        pool.is_ready = True
        for server in pool.servers:
            if not server.is_ready and server.state <= State.SUSPECT:
                server.is_ready = True
                self._ready.append(server)

    def wake(self, server: Server, at: float) -> None:
        """Look at the server again at that time."""
        if at < server.wake_at:
            server.wake_at = at
            self._ticket += 1
            heapq.heappush(self._timed, (at, self._ticket, server))

    # -- what is out -----------------------------------------------------------------------------

    def new_ident(self, lane: Lane) -> bytes:
        ident = self.random_bytes(2)
        while ident in lane.pending:
            ident = self.random_bytes(2)
        return ident

    def timeout(self, lookup: Lookup, tries: int) -> float:
        """How long a datagram of this look-up is waited for, after so many tries."""
        seconds = self.settings.timeout * BACK_OFF**tries
        if lookup.question.server:
            return seconds * DIRECT_SHARE
        return seconds * SLOW_SHARE if lookup.is_slow else seconds

    def due(self, timeout: float, *lookups: Lookup) -> None:
        """Remember when what was just sent is overdue."""
        self._due(timeout, (lookups[0].deadline, 0.0, None, lookups))

    def _due(self, timeout: float, sending: Sending) -> None:
        """One queue a timeout keeps each in order."""
        queue = self._sendings.get(timeout)
        if queue is None:
            self._sendings[timeout] = queue = deque()
        queue.append(sending)

    def release(self, lookup: Lookup) -> None:
        """The send in flight is over, one way or another."""
        if not lookup.deadline:
            return
        lookup.deadline = 0.0
        server = lookup.server
        if server is None or (lookup.lane is not None and lookup.lane.is_tcp):
            return
        if lookup.lingers:
            lookup.lingers = False
            server.lingering -= 1
        server.in_flight -= 1
        if not server.is_resolver:
            self.direct_in_flight -= 1
        self.ready(server)

    def forget(self, lookup: Lookup) -> None:
        """Take its ID off its lane: no late reply is accepted from here on."""
        lane = lookup.lane
        if lane is not None:
            lane.pending.pop(lookup.ident, None)
            lookup.lane = None

    def finish(self, lookup: Lookup, answer: Answer) -> None:
        """The one outcome of this look-up."""
        if not lookup.is_done:
            self.release(lookup)
            self.forget(lookup)
            lookup.is_done = True
            self.finished.append((lookup, answer))

    def give_up(self, server: Server) -> None:
        """Whatever waits for this server ends not measured, and so does what comes in this pass."""
        server.state = State.DEAD
        waiting = list(server.queue) + list(server.stream_queue)
        server.queue.clear()
        server.stream_queue.clear()
        for lookup in waiting:
            if not lookup.is_done:
                self.finish(lookup, failed(lookup, server.reason_when_dead))

    def drop_stream(self, lane: Lane) -> None:
        """Close a stream from our side."""
        if lane.server.stream is lane:
            lane.server.stream = None
            self.streams -= 1
        self.closing.append(lane)

    def _idle(self, lane: Lane, now: float) -> None:
        lane.idle_since = now
        self._idle_streams.append((now + STREAM_IDLE, lane))
