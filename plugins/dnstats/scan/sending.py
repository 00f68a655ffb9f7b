"""What goes out, and when: bursts of one length, what is repeated, connections.

`now` (seconds, monotonic) is an argument. What is in flight at a server is bounded by its window or
limit, how often it is asked by its pace; what waits for either comes back by `ready` or `wake`.
"""

from __future__ import annotations

import heapq
from collections import defaultdict

from dnstats.answer import Reason
from dnstats.scan import health, trying
from dnstats.scan.pacing import NEVER
from dnstats.scan.query import HEADERS, MAX_BURST, OPT, mixed_burst
from dnstats.scan.reply import failed
from dnstats.scan.server import (
    QUESTION_AT,
    STREAM_IN_FLIGHT,
    Burst,
    Lane,
    Lookup,
    Pool,
    Sends,
    Server,
    State,
)
from dnstats.scan.traffic import DIRECT_SHARE, Traffic

STREAM_SHARE = 2.0  # a connection takes a round trip more, and resolvers may ask for us first


class Sending(Traffic):
    """The half of the core that asks."""

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
                self.finish(lookup, failed(lookup, server.reason_when_dead))
            else:
                server.queue.append(lookup)
                if not server.is_ready:
                    self.ready(server)
            return
        chosen = pool or self.first
        if chosen.dead and chosen.is_dead:
            lookup.server = chosen.servers[0]
            self.finish(lookup, failed(lookup, lookup.server.reason_when_dead))
            return
        chosen.queue.append(lookup)
        if not chosen.is_ready:
            self.ready_pool(chosen)

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
