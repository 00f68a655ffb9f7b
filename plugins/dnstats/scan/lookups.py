"""The core: look-ups from queued to answered, with no socket and no clock of its own.

`now` (seconds, monotonic) is an argument. The transport does what `sends` says and reports what
came with `received`, `refused`, `unreachable` and `closed`; every look-up added comes out of
`finished` exactly once. What to do after a failure is in `trying`, what silence means in `health`.
"""

from __future__ import annotations

import heapq
import random
from collections import defaultdict, deque
from collections.abc import Sequence

from dnstats.answer import Answer, Reason
from dnstats.scan import health, trying
from dnstats.scan.allowance import Part
from dnstats.scan.counters import Counters
from dnstats.scan.network import Networks
from dnstats.scan.pacing import NEVER, QUIET, Ceiling, Pace
from dnstats.scan.query import HEADERS, MAX_BURST, OPT, mixed_burst
from dnstats.scan.reply import failed, read_reply
from dnstats.scan.server import (
    STREAM_IN_FLIGHT,
    Burst,
    Lane,
    Lookup,
    Pool,
    Sends,
    Server,
    State,
)
from dnstats.scan.settings import ScanSettings, read_address
from dnstats.scan.window import Window

BACK_OFF = 1.5  # every try waits this much longer than the one before
DIRECT_SHARE = 0.6  # one server answers sooner than a resolver that has to ask several
SLOW_SHARE = 1.5  # in the second pass
STREAM_SHARE = 2.0  # a connection takes a round trip more, and resolvers may ask for us first
STREAM_IDLE = 2.0  # seconds an idle connection is kept for the next truncated answer
MAX_STREAMS = 1000
OVERTAKEN = 1.0  # seconds; a resolver answers what was asked so much later: it is not what is busy
LOOK_EVERY = 0.25  # seconds between looks for what was overtaken

QUESTION_AT = 12  # where a message's question section begins

Sending = tuple[float, float, Lane | None, Sequence[Lookup]]
"""When it is overdue, when it was sent, and what: the look-ups, or all that a lane holds of that
time. Answered look-ups are so not kept alive for as long as they would have been waited for: they
would be out of the processor's caches when they go, which costs more than all else about them."""


def _sent_until(lane: Lane, at: float) -> list[Lookup]:
    """What a lane still holds of those sent first at that time or before: IDs stand in order."""
    found = []
    for ident, lookup in lane.pending.items():
        if lookup.first_sent > at:
            break
        lookup.leave_burst(ident)
        found.append(lookup)
    return found


def _is_reply(data: bytes, lookup: Lookup) -> bool:
    """Whether a message answers exactly what was asked: QR set, opcode QUERY, the one question."""
    return (
        data.startswith(lookup.wire, QUESTION_AT)
        and data[2] & 0xF8 == 0x80
        and data[4:6] == b"\0\1"
    )


class Lookups:
    """Everything that is on its way."""

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

    # -- asking ---------------------------------------------------------------------------------

    def add(self, lookup: Lookup, *, pool: Pool | None = None) -> None:
        """Queue a look-up: at its own server, or at a pool of resolvers (the first by default)."""
        if lookup.is_slow:
            lookup.is_fresh = False
        address = lookup.question.server
        if address:
            server = self.direct(address)
            lookup.server = server
            if server.is_unroutable:
                self.finish(lookup, failed(lookup, Reason.UNREACHABLE))
            elif server.state is State.DEAD:
                self.finish(lookup, failed(lookup, health.reason_of(server)))
            else:
                server.queue.append(lookup)
                if not server.is_ready:
                    self.ready(server)
            return
        chosen = pool or self.first
        if chosen.dead and chosen.is_dead:
            lookup.server = chosen.servers[0]
            self.finish(lookup, failed(lookup, health.reason_of(lookup.server)))
            return
        chosen.queue.append(lookup)
        if not chosen.is_ready:
            self.ready_pool(chosen)

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

    def sends(self, now: float) -> Sends:
        """What goes out now: bursts of datagrams or stream messages, each for one lane."""
        timed = self._timed
        while timed and timed[0][0] <= now:
            at, _, server = heapq.heappop(timed)
            if server.wake_at != at:
                continue  # an earlier time was asked for later
            server.wake_at = NEVER
            health.probe_if_due(self, server, now)
            self.ready(server)
        if self._starved and self.direct_in_flight < self.settings.direct_window:
            starved, self._starved = self._starved, []
            for server in starved:
                self.ready(server)
        ready, self._ready = self._ready, []
        for server in ready:
            if server.pool is not None:
                server.pool.takers += 1
        for server in ready:
            server.is_ready = False
            if server.pool is not None:
                server.pool.is_ready = False
                server.pool.takers -= 1
            if server.state >= State.SILENT:
                continue
            if server.resume_at > now:
                self.wake(server, server.resume_at)
                continue
            if server.stream_queue:
                self._send_stream(server, now)
            if server.queue or server.pool is not None:
                self._send_datagrams(server, now)
        out, self.outbox = self.outbox, []
        return out

    def _send_datagrams(self, server: Server, now: float) -> None:
        pool = server.pool
        waiting = len(server.queue) + (len(pool.queue) if pool is not None else 0)
        if not waiting:
            return
        wanted = min(server.room(), waiting)
        if pool is None:
            spare = self.settings.direct_window - self.direct_in_flight
            if spare <= 0:
                self._starved.append(server)
                return
            wanted = min(wanted, spare)
        if wanted <= 0:
            return  # comes back when something in flight ends
        granted = server.pace.take(wanted, now)
        if granted < wanted:
            self.wake(server, server.pace.next_at(now))
        if granted:
            fresh, others = self._pull(server, granted)
            if not fresh and not others:
                return
            self._send_taken(server, fresh, others, now)
            if pool is not None and pool.queue and server.room() > 0:
                self.ready(server)  # it left the others their share: what they leave is next

    def _pull(self, server: Server, count: int) -> tuple[list[Lookup], list[Lookup]]:
        """Take up to `count` look-ups from the server's own queue, then its share of its pool's.

        First those that are sent for the first time in the usual form, then the others.
        """
        fresh: list[Lookup] = []
        others: list[Lookup] = []
        queue = server.queue
        while queue and count > 0:
            lookup = queue.popleft()
            if lookup.is_fresh:
                fresh.append(lookup)
            else:
                lookup.is_queued = False
                if lookup.is_done or lookup.tcp:
                    continue
                others.append(lookup)
            count -= 1
        pool = server.pool
        if pool is None or not pool.queue:
            return fresh, others
        queue = pool.queue
        left = min(-(-len(queue) // (pool.takers + 1)), count)
        passed: Lookup | None = None  # the first that goes to another: seen again, all were seen
        while left > 0 and queue:
            lookup = queue.popleft()
            if lookup.is_fresh:
                fresh.append(lookup)
                left -= 1
                continue
            if lookup.is_done or lookup.tcp:
                lookup.is_queued = False
                continue  # not counted: taking nothing but such would leave nobody to go on
            if lookup.avoid is server and len(pool.live) > 1:
                queue.append(lookup)
                if lookup is passed:
                    break
                passed = passed or lookup
                continue
            left -= 1
            lookup.is_queued = False
            if lookup.server is not server:
                self.forget(lookup)
                lookup.server = server
            others.append(lookup)
        return fresh, others

    def _send_taken(
        self, server: Server, fresh: list[Lookup], others: list[Lookup], now: float
    ) -> None:
        """Send them: in bursts of one length what is fresh, the others each for itself."""
        lane = server.datagram_lane()
        count = len(fresh) + len(others)
        if not server.takes_all:
            others += fresh
            fresh = []
        for lookup in others:
            self._send_one(server, lane, lookup, now)
        if fresh:
            timeout = self.settings.timeout * (1.0 if server.is_resolver else DIRECT_SHARE)
            by_length: defaultdict[int, list[Lookup]] = defaultdict(list)
            for lookup in fresh:
                by_length[len(lookup.section)].append(lookup)
            burst = Burst(lane, server, now, now + timeout)
            for group in by_length.values():
                for start in range(0, len(group), MAX_BURST):
                    self._send_burst(burst, group[start : start + MAX_BURST])
            self._due(timeout, (now + timeout, now, lane, ()))
        server.in_flight += count
        if not server.is_resolver:
            self.direct_in_flight += count
        self.counters.datagrams += count
        server.count_sent(count, now + self.epoch)

    def _send_burst(self, burst: Burst, lookups: list[Lookup]) -> None:
        """First sends of the usual form, their questions of one length: they go out as one.

        With `received` this is where a scan's processor time goes, so nothing is called here for
        a look-up by itself, and what can be the same for all of a burst is.
        """
        lane = burst.lane
        pending = lane.pending
        header = HEADERS[burst.server.is_resolver, False, True]
        queries = mixed_burst([each.section for each in lookups], header, self.random_bits)
        size = len(queries)
        length = size // len(lookups)
        behind = length - len(OPT)
        for lookup, start, question, end in zip(
            lookups,
            range(0, size, length),
            range(QUESTION_AT, size, length),
            range(behind, size, length),
            strict=True,
        ):
            ident = queries[start : start + 2]
            while ident in pending:
                ident = self.random_bytes(2)
                queries = queries[:start] + ident + queries[start + 2 :]
            pending[ident] = lookup
            lookup.wire = queries[question:end]
            lookup.burst = burst
        self.outbox.append((lane, queries, length))

    def _send_one(self, server: Server, lane: Lane, lookup: Lookup, now: float) -> None:
        """A datagram of any form: a repeated one, to a server that cannot bear all, without EDNS.

        A repeated question keeps its socket, ID and case: a late reply still counts.
        """
        if lookup.lane is None:
            lookup.server = server
            lookup.lane = lane
            lookup.ident = self.new_ident(lane)
            lane.pending[lookup.ident] = lookup
            trying.shape(self, lookup, server)
        header = HEADERS[server.is_resolver, lookup.question.cd, lookup.edns]
        query = lookup.ident + header + lookup.wire + (OPT if lookup.edns else b"")
        self.outbox.append((lookup.lane, query, len(query)))
        timeout = self.timeout(lookup, lookup.tries)
        if lookup.tries and server.is_resolver:
            lookup.lingers = True
            server.lingering += 1
        lookup.tries += 1
        lookup.sends += 1
        lookup.sent_at = now
        lookup.asked_at = lookup.asked_at or now
        lookup.deadline = now + timeout
        self.due(timeout, lookup)

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

    def _send_stream(self, server: Server, now: float) -> None:
        lane = server.stream
        if lane is None:
            if self.streams >= self._max_streams:
                self._starved.append(server)
                return
            lane = server.stream = Lane(server, is_tcp=True)
            self.streams += 1
        limit = STREAM_IN_FLIGHT if server.pipelines else 1
        wanted = min(limit - len(lane.pending), len(server.stream_queue))
        granted = server.pace.take(wanted, now) if wanted > 0 else 0
        if granted < wanted:
            self.wake(server, server.pace.next_at(now))
        timeout = self.settings.timeout * STREAM_SHARE
        sent: list[Lookup] = []
        while server.stream_queue and len(sent) < granted:
            lookup = server.stream_queue.popleft()
            if lookup.is_done:
                continue
            ident = self.new_ident(lane)
            lane.pending[ident] = lookup
            lookup.lane, lookup.ident, lookup.wire = lane, ident, lookup.section
            header = HEADERS[server.is_resolver, lookup.question.cd, lookup.edns]
            query = ident + header + lookup.section + (OPT if lookup.edns else b"")
            self.outbox.append((lane, query, len(query)))
            lookup.tcp_tries += 1
            lookup.sends += 1
            lookup.asked_at = lookup.asked_at or now
            lookup.sent_at = now
            lookup.deadline = now + timeout
            sent.append(lookup)
        if sent:
            self.due(timeout, *sent)
            self.counters.stream_queries += len(sent)
            server.count_sent(len(sent), now + self.epoch)
        elif not lane.pending:
            self._idle(lane, now)

    # -- hearing --------------------------------------------------------------------------------

    def received(self, lane: Lane, messages: list[bytes], now: float) -> None:
        """Messages came on a lane: each is accepted for the question it answers, or ignored."""
        server = lane.server
        pending = lane.pending
        is_tcp = lane.is_tcp
        finished = self.finished
        accepted = released = 0
        burst = None
        for data in messages:
            ident = data[:2]
            lookup = pending.get(ident)
            if lookup is None:
                self.counters.ignored += 1
                continue
            is_cut = False
            burst = lookup.burst
            if (
                not data.startswith(lookup.wire, QUESTION_AT)
                or data[2] & 0xFA != 0x80  # QR set, opcode QUERY, TC clear
                or data[4]
                or data[5] != 1
            ):
                lookup.leave_burst(ident)
                burst = None
                if not (_is_reply(data, lookup) or trying.is_acceptable(self, lookup, data, now)):
                    continue
                is_cut = data[2] & 0x02 != 0
            del pending[ident]
            accepted += 1
            if burst is not None:
                released += 1
            else:
                lookup.lane = None
                if lookup.deadline:
                    lookup.deadline = 0.0
                    released += 1
                    if lookup.lingers:
                        trying.caught_up(self, lookup, data[3] & 0xF, now)
                if is_cut:
                    trying.truncated(self, lookup, was_tcp=is_tcp)
                    continue
            answer = read_reply(lookup, data, now, tcp=is_tcp)
            if burst is not None and (answer is None or answer.reason is not None):
                lookup.leave_burst(ident)
                lookup.lane = None
                lookup.deadline = 0.0
            if answer is None:
                trying.malformed(self, lookup, data)
            elif answer.reason is None or trying.is_final(self, lookup, answer, now):
                lookup.is_done = True
                finished.append((lookup, answer))
                if not lookup.is_fresh and (lookup.folded or not lookup.edns):
                    trying.learn(lookup, answer)
        lane.answered += accepted
        if is_tcp:
            if accepted:
                server.tcp_failures = 0
            if not pending and server.pipelines:
                self._idle(lane, now)
            elif not pending:
                self.drop_stream(lane)  # it hangs up anyway: do not race it
        elif released:
            server.in_flight -= released
            if not server.is_resolver:
                self.direct_in_flight -= released
        if accepted:
            if burst is not None and burst.at > server.answered_to:
                server.answered_to = burst.at
            health.heard(self, server, accepted, now)
            self.ready(server)

    def _make_room(self, now: float) -> None:
        """What a resolver leaves open while it answers what was asked later gives up its place.

        Names that nobody answers for would fill the window for a whole time limit each. A resolver
        that is slow with all of them answers none that was asked later.
        """
        self._look_at = now + LOOK_EVERY
        for server in self.first.servers + self.second.servers:
            until = server.answered_to - OVERTAKEN
            overtaken = [
                lookup
                for lane in server.lanes
                for lookup in _sent_until(lane, until)
                if lookup.deadline and lookup.sent_at <= until and not lookup.lingers
            ]
            for lookup in overtaken:
                lookup.lingers = True
            if overtaken:
                server.lingering += len(overtaken)
                self.ready(server)

    def expire(self, now: float) -> None:
        """Deal with everything that is overdue."""
        if now >= self._look_at:
            self._make_room(now)
        for queue in list(self._sendings.values()):
            while queue and queue[0][0] <= now:
                deadline, sent_at, lane, lookups = queue.popleft()
                if lane is not None:
                    if not lane.pending:
                        continue
                    lookups = _sent_until(lane, sent_at)
                for lookup in lookups:
                    if lookup.deadline == deadline:
                        self.release(lookup)
                        trying.timed_out(self, lookup, now)
        while self._idle_streams and self._idle_streams[0][0] <= now:
            ends, lane = self._idle_streams.popleft()
            # The same sum as at its entry: taken apart again, it may differ in the last bit.
            if lane.idle_since + STREAM_IDLE == ends and not lane.pending:
                self.drop_stream(lane)

    def next_event(self) -> float | None:
        """When `expire` or `sends` has something to do at the latest; None when never."""
        times = [queue[0][0] for queue in self._sendings.values() if queue]
        if self._timed:
            times.append(self._timed[0][0])
        if self._idle_streams:
            times.append(self._idle_streams[0][0])
        return min(times, default=None)

    def has_sends(self) -> bool:
        """Whether `sends` would do something at once."""
        return bool(self._ready or self.outbox)

    # -- what the transport reports ---------------------------------------------------------------

    def refused(self, lane: Lane, now: float) -> None:
        """ICMP said that the port of this datagram lane is closed."""
        health.refused(self, lane, now)

    def unreachable(self, lane: Lane, now: float) -> None:
        """There is no way to this lane's address."""
        if lane.server.is_resolver:
            health.refused(self, lane, now)
        else:
            health.unroutable(self, lane)

    def closed(self, lane: Lane) -> None:
        """A stream ended, or could not be opened."""
        trying.stream_lost(self, lane)

    # -- used by trying and health ----------------------------------------------------------------

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

    def drop_stream(self, lane: Lane) -> None:
        """Close a stream from our side."""
        if lane.server.stream is lane:
            lane.server.stream = None
            self.streams -= 1
        self.closing.append(lane)

    def _idle(self, lane: Lane, now: float) -> None:
        lane.idle_since = now
        self._idle_streams.append((now + STREAM_IDLE, lane))
