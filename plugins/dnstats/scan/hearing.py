"""What came of a datagram or a connection: a message to accept or not, silence, an end.

What is done next is in `trying`, what it says of the server in `health`.
"""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Answer, Reason
from dnstats.scan import health
from dnstats.scan.server import PROBE, Lane, Lookup, Server
from dnstats.scan.traffic import Traffic
from dnstats.scan.trying import MAX_REFUNDS, TCP_TRIES, again, note, repeat, to_tcp, without_edns

NO_TCP = 3  # connections in a row without an answer: what waits for the next ends with it
BADVERS = 16  # RFC 6891 section 9

_RCODES = {1: Reason.FORMERR, 2: Reason.SERVFAIL, 4: Reason.NOTIMP, 5: Reason.REFUSED}


def timed_out(core: Traffic, lookup: Lookup, now: float) -> None:
    """Nothing acceptable came in time."""
    server = lookup.server
    assert server is not None
    core.counters.timeouts += 1
    server.timeouts += 1
    if lookup.owner is PROBE:
        core.forget(lookup)
        lookup.is_done = True
        if lookup is not server.probe:
            return
        health.probe_lost(core, server, now)
    elif lookup.lane is not None and lookup.lane.is_tcp:
        lane = lookup.lane
        core.forget(lookup)
        core.drop_stream(lane)
        stream_lost(core, lane)
        again(core, lookup, Reason.TIMEOUT)
    elif server.heard_at >= lookup.sent_at or lookup.reason is not Reason.TIMEOUT:
        if server.window is not None and core.settings.tries == 1:
            server.window.lost(1, now, core.settings.timeout)  # nobody will know any better
        again(core, lookup, Reason.TIMEOUT)
    elif server.is_resolver:
        health.suspect(core, lookup, now)
    else:
        health.silent(core, server, lookup, now)
        again(core, lookup, Reason.TIMEOUT)


def caught_up(core: Traffic, lookup: Lookup, rcode: int, now: float) -> None:
    """What had given up its place is answered. By another try: the one before was lost, at the
    resolver or on the way.

    A name that nobody answers for says nothing of either, so what stays silent does not count, and
    neither does a resolver that fails after long.
    """
    server = lookup.server
    assert server is not None
    lookup.lingers = False
    server.lingering -= 1
    if server.window is not None and lookup.tries > 1 and rcode != wire.SERVFAIL:
        server.window.lost(1, now, core.settings.timeout)


def is_acceptable(core: Traffic, lookup: Lookup, data: bytes, now: float) -> bool:
    """A message has the right ID but not the right form: whether it can be accepted all the same.

    Over TCP any case of the question will do: nobody can slip a message into a connection. Over
    UDP another case sends us to TCP, and an error without a question (old servers) is kept for
    the case that nothing better comes in time. None of them ever becomes an answer by itself.
    """
    core.counters.ignored += 1
    if lookup.server is not None:
        health.heard(core, lookup.server, 0, now)
    if len(data) < 12 or data[2] & 0xF8 != 0x80:
        note(lookup, Reason.MISMATCH)
        return False
    questions = data[4] << 8 | data[5]
    rcode = data[3] & 0xF
    section = lookup.section
    if questions == 1 and data[12 : 12 + len(section)].lower() == section:
        core.counters.folded += 1
        if lookup.tcp:
            return True
        lookup.folded = True
        lookup.is_fresh = False
        if lookup.wire != section:
            to_tcp(core, lookup)
    elif questions == 0 and rcode not in (wire.NOERROR, wire.NXDOMAIN):
        note(lookup, _RCODES.get(rcode, Reason.RCODE), data)
        if rcode in (wire.FORMERR, wire.NOTIMP) and lookup.edns:
            _ask_without_edns(core, lookup)
    else:
        note(lookup, Reason.MISMATCH)
    return False


def _ask_without_edns(core: Traffic, lookup: Lookup) -> None:
    """Once more in the form of 1987, as an extra try."""
    if lookup.owner is PROBE:
        return
    core.release(lookup)
    core.forget(lookup)
    without_edns(core, lookup)
    if lookup.tcp:
        lookup.tcp_tries = min(lookup.tcp_tries, TCP_TRIES - 1)
        to_tcp(core, lookup)
    else:
        lookup.tries = min(lookup.tries, core.settings.tries - 1)
        repeat(core, lookup)


def is_final(core: Traffic, lookup: Lookup, answer: Answer, now: float) -> bool:
    """Whether an accepted message that measures nothing ends the look-up in this pass."""
    if answer.rcode in (wire.FORMERR, wire.NOTIMP, BADVERS) and lookup.edns:
        note(lookup, answer.reason or Reason.RCODE, answer.message)
        _ask_without_edns(core, lookup)
        return False
    if answer.reason is Reason.REFUSED and lookup.server is not None:
        health.refusing(lookup.server, now)
    return True


def learn(lookup: Lookup, answer: Answer) -> None:
    """An unusual form was answered: the next questions to this server begin with it."""
    server = lookup.server
    if server is None or not answer.is_measured:
        return
    if lookup.folded:
        server.folded += 1
    if not lookup.edns and lookup.evidence:
        server.edns = False
    server.takes_all = server.edns and not server.folds_case


def truncated(core: Traffic, lookup: Lookup, *, was_tcp: bool) -> None:
    """TC is set: the answer is to be had over TCP, or not at all."""
    core.counters.truncated += 1
    lookup.truncated = True
    if was_tcp:
        again(core, lookup, Reason.TRUNCATED)
    else:
        to_tcp(core, lookup)


def malformed(core: Traffic, lookup: Lookup, data: bytes) -> None:
    """The right ID and question, and the rest cannot be read."""
    core.counters.malformed += 1
    note(lookup, Reason.MALFORMED, data)
    if data[3] & 0xF in (wire.FORMERR, wire.NOTIMP) and lookup.edns:
        _ask_without_edns(core, lookup)
    else:
        again(core, lookup, Reason.MALFORMED)


def stream_lost(core: Traffic, lane: Lane) -> None:
    """A connection ended: what it had answered stays; the rest is asked again."""
    server = lane.server
    if server.stream is lane:
        server.stream = None
        core.streams -= 1
    lost = lane.lookups()
    lane.pending.clear()
    if not lane.answered:
        server.tcp_failures += 1
        if server.tcp_failures >= NO_TCP:
            _give_up_waiting(core, server)
    if len(lost) > 1 or (lost and lane.answered):
        server.pipelines = False  # it hangs up in between: one question a connection from now on
    for lookup in lost:
        lookup.deadline = 0.0
        lookup.lane = None
        if lane.answered and lookup.refunds < MAX_REFUNDS:
            lookup.refunds += 1
            lookup.tcp_tries -= 1
            to_tcp(core, lookup)
        else:
            again(core, lookup, Reason.TIMEOUT)
    core.ready(server)


def _give_up_waiting(core: Traffic, server: Server) -> None:
    """Connections come to nothing here: one question after the other would wait out its time.

    Each connection that fails takes with it what waits for the next one; what comes later makes
    another, so that a server that is back is found.
    """
    waiting = list(server.stream_queue)
    server.stream_queue.clear()
    for lookup in waiting:
        if not lookup.is_done:
            lookup.tcp_tries = TCP_TRIES
            again(core, lookup, Reason.TIMEOUT)
