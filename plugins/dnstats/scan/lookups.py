"""The core: look-ups from queued to answered, with no socket and no clock of its own.

`now` (seconds, monotonic) is an argument. The transport does what `sends` says and reports what
came with `received`, `refused`, `unreachable` and `closed`; every look-up added comes out of
`finished` exactly once. Here is the half that hears; what a message, silence or an end leads to is
in `hearing`, `trying` and `health`.
"""

from __future__ import annotations

from dnstats.scan import health, hearing
from dnstats.scan.reply import read_reply
from dnstats.scan.sending import Sending
from dnstats.scan.server import QUESTION_AT, Lane, Lookup
from dnstats.scan.traffic import STREAM_IDLE

OVERTAKEN = 1.0  # seconds; a resolver answers what was asked so much later: it is not what is busy
LOOK_EVERY = 0.25  # seconds between looks for what was overtaken


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


class Lookups(Sending):
    """The whole core: what goes out, what came, and what is overdue."""

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
                if not (_is_reply(data, lookup) or hearing.is_acceptable(self, lookup, data, now)):
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
                        hearing.caught_up(self, lookup, data[3] & 0xF, now)
                if is_cut:
                    hearing.truncated(self, lookup, was_tcp=is_tcp)
                    continue
            answer = read_reply(lookup, data, now, tcp=is_tcp)
            if burst is not None and (answer is None or answer.reason is not None):
                lookup.leave_burst(ident)
                lookup.lane = None
                lookup.deadline = 0.0
            if answer is None:
                hearing.malformed(self, lookup, data)
            elif answer.reason is None or hearing.is_final(self, lookup, answer, now):
                lookup.is_done = True
                finished.append((lookup, answer))
                if not lookup.is_fresh and (lookup.folded or not lookup.edns):
                    hearing.learn(lookup, answer)
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
                        hearing.timed_out(self, lookup, now)
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
        hearing.stream_lost(self, lane)
