"""What silence means: one lost question, a slow name, or a server that is away.

A resolver that says nothing at all is sent a control question (the root's NS, which it has in its
cache). When that is lost too, the resolver is away: nothing more is sent, tries already made do
not count, and control questions go out until it speaks again or the patience is over. A server
that is asked directly gets one question at a time with growing gaps, until it speaks or its
patience is over. Being given up is an outcome of "not measured", never of "absent".
"""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Question, Reason
from dnstats.scan import trying
from dnstats.scan.query import HEADERS, OPT, question_section
from dnstats.scan.reply import failed
from dnstats.scan.server import DIRECT_IN_FLIGHT, PROBE, Lane, Lookup, Server, State
from dnstats.scan.traffic import Traffic

PROBE_TIMEOUT = 1.0  # seconds; a cached answer needs far less
PROBE_GAP = 0.2  # after the first lost control question; grows
MAX_PROBE_GAP = 3.0
DEAD_PROBE_GAP = 5.0
SILENT_AFTER = 3  # unanswered datagrams in a row, at a server asked directly
FIRST_PAUSE, MAX_PAUSE = 0.25, 4.0  # between questions to a silent server
REFUSALS = 10  # in a row, before a server that refuses is asked slower
MAX_STRETCH = 16.0


def heard(core: Traffic, server: Server, answers: int, now: float) -> None:
    """The server spoke."""
    server.heard_at = now
    server.refused = False
    if server.window is not None and server.pool is not None:
        server.window.heard(answers, was_full=bool(server.pool.queue), now=now)
        if server.state is not State.LIVE:
            _revive(core, server, now)
        return
    server.state = State.LIVE
    if server.streak:
        server.streak = 0
        server.limit = DIRECT_IN_FLIGHT
        server.resume_at = 0.0
    if server.refusals and server.refusal_at != now:
        server.refusals = 0
        server.pace.stretch = 1.0


def _revive(core: Traffic, server: Server, now: float) -> None:
    was, server.state = server.state, State.LIVE
    if was is State.DEAD and server.pool is not None:
        server.pool.dead -= 1
    probe, server.probe = server.probe, None
    if probe is not None:
        core.release(probe)
        core.forget(probe)
        probe.is_done = True
    if was >= State.SILENT and server.window is not None:
        server.window.restart(now)
    limbo, server.limbo = server.limbo, []
    for lookup in limbo:
        # The server was there all the time: these were lost on the way, or by it.
        if not (lookup.is_done or lookup.tcp or lookup.is_queued):
            trying.again(core, lookup, Reason.TIMEOUT)
    core.ready(server)


# -- resolvers ------------------------------------------------------------------------------------


def suspect(core: Traffic, lookup: Lookup, now: float) -> None:
    """A resolver has said nothing since this question was sent, and its time is over."""
    server = lookup.server
    assert server is not None
    if server.state >= State.SILENT:
        _refund(core, lookup)
        return
    server.limbo.append(lookup)
    if server.state is State.LIVE:
        server.state = State.SUSPECT
        server.silent_since = lookup.sent_at
        _send_probe(core, server, now)


def _send_probe(core: Traffic, server: Server, now: float) -> None:
    question = Question(".", wire.NS)
    probe = Lookup(question, question_section(question.name, question.rdtype), PROBE)
    lane = server.datagram_lane()
    ident = core.new_ident(lane)
    lane.pending[ident] = probe
    probe.server, probe.lane, probe.ident, probe.sends = server, lane, ident, 1
    timeout = min(PROBE_TIMEOUT, core.settings.timeout)
    probe.sent_at, probe.deadline = now, now + timeout
    server.probe = probe
    server.in_flight += 1
    core.counters.probes += 1
    core.counters.datagrams += 1
    server.sent.count(1, now + core.epoch)
    core.due(timeout, probe)
    query = probe.ident + HEADERS[True, False, True] + probe.wire + OPT
    core.outbox.append((lane, query, len(query)))


def probe_if_due(core: Traffic, server: Server, now: float) -> None:
    """Called when the server's time has come: another control question if it is away."""
    if server.is_resolver and server.state >= State.SILENT and server.probe is None:
        if now >= server.probe_at:
            _send_probe(core, server, now)
        else:
            core.wake(server, server.probe_at)


def probe_lost(core: Traffic, server: Server, now: float) -> None:
    """A control question was not answered."""
    probe = server.probe
    server.probe = None
    if probe is not None:
        core.release(probe)
        core.forget(probe)
    if server.state is State.LIVE:
        return  # it spoke of something else meanwhile
    if server.state is State.SUSPECT:
        _go_silent(core, server)
    elif server.state is State.SILENT and now - server.silent_since >= core.settings.patience:
        _bury(core, server)
    else:
        server.probe_gap = min(server.probe_gap * 1.6, MAX_PROBE_GAP)
    gap = DEAD_PROBE_GAP if server.state is State.DEAD else server.probe_gap
    server.probe_at = now + gap
    core.wake(server, server.probe_at)


def _go_silent(core: Traffic, server: Server) -> None:
    server.state = State.SILENT
    server.probe_gap = PROBE_GAP
    limbo, server.limbo = server.limbo, []
    for lookup in limbo:
        _refund(core, lookup)
    if server.pool is not None:
        core.ready_pool(server.pool)  # what shunned the one that is left has no choice now
    if core.settings.patience <= 0:
        _bury(core, server)


def _refund(core: Traffic, lookup: Lookup) -> None:
    """The try does not count; the question waits for the resolver, or goes to another one."""
    if lookup.is_done or lookup.is_queued:
        return
    core.release(lookup)
    if lookup.refunds < trying.MAX_REFUNDS and not lookup.tcp:
        lookup.refunds += 1
        lookup.tries -= 1
        core.counters.refunds += 1
    server = lookup.server
    if server is not None and server.state is State.DEAD:
        trying.again(core, lookup, server.reason_when_dead)
    elif lookup.tries < core.settings.tries or lookup.tcp:
        trying.requeue(core, lookup)
    else:
        trying.again(core, lookup, Reason.TIMEOUT)


def _bury(core: Traffic, server: Server) -> None:
    """The patience is over: whatever waits goes to another resolver, or ends not measured."""
    server.state = State.DEAD
    pool = server.pool
    assert pool is not None
    pool.dead += 1
    waiting = list(server.queue) + list(server.stream_queue)
    server.queue.clear()
    server.stream_queue.clear()
    if pool.is_dead:
        waiting += list(pool.queue)
        pool.queue.clear()
    for lookup in waiting:
        lookup.is_queued = False
        if not lookup.is_done:
            lookup.tcp = False
            lookup.server = lookup.server or server
            trying.again(core, lookup, server.reason_when_dead)


# -- servers asked directly -----------------------------------------------------------------------


def silent(core: Traffic, server: Server, lookup: Lookup, now: float) -> None:
    """A server that is asked directly left a datagram unanswered and has not spoken since."""
    if not server.streak:
        server.silent_since = lookup.sent_at
    elif lookup.sent_at < server.missed_at:
        return  # of a silence that was counted already
    server.streak += 1
    server.missed_at = now
    if server.streak < SILENT_AFTER:
        return
    server.limit = 1
    pause = FIRST_PAUSE * 2.0 ** min(server.streak - SILENT_AFTER, 10)
    server.resume_at = now + min(pause, MAX_PAUSE)
    if now - server.silent_since >= core.settings.server_patience:
        core.give_up(server)


def forgive(core: Traffic) -> None:
    """The second pass begins: servers that were given up get another chance."""
    for server in core.servers.values():
        if server.state is State.DEAD:
            server.state = State.LIVE
            server.streak = 0
            server.limit = 1
            server.resume_at = 0.0
            server.is_unroutable = False


def refusing(server: Server, now: float) -> None:
    """REFUSED, again and again, may be a rate limit: ask slower."""
    if server.is_resolver:
        return
    server.refusals += 1
    server.refusal_at = now
    if server.refusals % REFUSALS == 0:
        server.pace.stretch = min(server.pace.stretch * 2, MAX_STRETCH)


def unroutable(core: Traffic, lane: Lane) -> None:
    """No route to a server: nothing can be asked there."""
    server = lane.server
    server.is_unroutable = server.refused = True
    for lookup in lane.lookups():
        core.finish(lookup, failed(lookup, Reason.UNREACHABLE))
    core.give_up(server)


def refused(core: Traffic, lane: Lane, now: float) -> None:
    """The port is closed. For a resolver: it is away. For others: try again later, then end."""
    server = lane.server
    server.refused = True
    lost = [lookup for lookup in lane.lookups() if lookup.deadline]
    if server.is_resolver:
        if server.state <= State.SUSPECT:
            server.silent_since = now
            _go_silent(core, server)
            server.probe_at = now + PROBE_GAP
            core.wake(server, server.probe_at)
        for lookup in lost:
            if lookup is server.probe:
                probe_lost(core, server, now)
            else:
                _refund(core, lookup)
        return
    if lost:
        if not server.streak:
            server.silent_since = now
        server.streak += 1
        server.resume_at = now + min(FIRST_PAUSE * 2.0 ** min(server.streak - 1, 10), MAX_PAUSE)
    for lookup in lost:
        core.release(lookup)
        trying.again(core, lookup, Reason.UNREACHABLE)
    if lost and now - server.silent_since >= core.settings.server_patience:
        core.give_up(server)
