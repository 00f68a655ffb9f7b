"""What to do when a try fails: again, another way, or no more. Every look-up ends.

A look-up sends at most `tries` datagrams that count, MAX_REFUNDS that do not, one without EDNS
that was refused with it, TCP_TRIES over TCP and one in lower case: nothing here loops.
"""

from __future__ import annotations

from dnstats.answer import Reason
from dnstats.scan.query import mix_case
from dnstats.scan.reply import failed
from dnstats.scan.server import PROBE, Lookup, Server, State
from dnstats.scan.traffic import Traffic

MAX_REFUNDS = 3
TCP_TRIES = 2

# What to say when nothing acceptable came: the reason that says most about the server.
_WEIGHT = {
    Reason.TIMEOUT: 0,
    Reason.UNREACHABLE: 1,
    Reason.MISMATCH: 2,
    Reason.RCODE: 3,
    Reason.REFUSED: 3,
    Reason.SERVFAIL: 3,
    Reason.NOTIMP: 3,
    Reason.FORMERR: 3,
    Reason.MALFORMED: 4,
    Reason.TRUNCATED: 5,
}


def note(lookup: Lookup, reason: Reason, evidence: bytes = b"") -> None:
    """Keep the weightiest reason seen, and the message behind it."""
    if _WEIGHT[reason] >= _WEIGHT[lookup.reason]:
        lookup.reason = reason
        lookup.evidence = evidence


def shape(core: Traffic, lookup: Lookup, server: Server) -> None:
    """Choose the form of the next datagram: case and EDNS, by what the server was seen to bear."""
    if not server.edns:
        lookup.edns = lookup.is_fresh = False
    if server.folds_case or not lookup.mixed_case:
        lookup.wire = lookup.section
    else:
        lookup.wire = mix_case(lookup.section, core.random_bits)


def again(core: Traffic, lookup: Lookup, reason: Reason) -> None:
    """A try failed: repeat it, change the way, or give the look-up its outcome."""
    note(lookup, reason, lookup.evidence if lookup.reason is reason else b"")
    server = lookup.server
    if lookup.owner is PROBE:
        return
    if server is None or server.state is State.DEAD:
        # To another resolver, unless they come and go faster than they are asked.
        may_go_on = lookup.sends < core.settings.tries + MAX_REFUNDS
        if server is not None and server.pool is not None and not server.pool.is_dead and may_go_on:
            lookup.tcp = False
            repeat(core, lookup)
            return
        core.finish(lookup, failed(lookup, lookup.reason))
    elif lookup.tcp:
        _again_by_tcp(core, lookup, server)
    elif lookup.tries < core.settings.tries:
        if not server.is_resolver and server.heard_at < 0 and _is_last_try(core, lookup):
            without_edns(core, lookup)  # some old servers drop what has an OPT record
        if server.is_resolver and lookup.tries == 1:
            core.overdue.append(lookup)
        repeat(core, lookup)
    elif not server.is_resolver and not server.tcp_failures:
        # Perhaps it takes no datagrams, or drops those above its rate (RRL): connections tell.
        lookup.tcp_tries = TCP_TRIES - 1
        to_tcp(core, lookup)
    else:
        if lookup.is_slow and not server.is_resolver and server.heard_at < 0:
            core.give_up(server)  # silent in both passes: what is asked later knows
        core.finish(lookup, failed(lookup, lookup.reason))


def _is_last_try(core: Traffic, lookup: Lookup) -> bool:
    return 0 < lookup.tries == core.settings.tries - 1


def without_edns(core: Traffic, lookup: Lookup) -> None:
    if lookup.edns:
        lookup.edns = lookup.is_fresh = False
        core.counters.without_edns += 1


def _again_by_tcp(core: Traffic, lookup: Lookup, server: Server) -> None:
    if lookup.tcp_tries < TCP_TRIES:
        core.counters.retries += 1
        to_tcp(core, lookup)
    elif lookup.folded and lookup.mixed_case:
        core.forget(lookup)
        lookup.tcp = lookup.mixed_case = False
        lookup.tries = max(lookup.tries, core.settings.tries - 1)
        repeat(core, lookup)
    else:
        if lookup.is_slow and not server.is_resolver and server.heard_at < 0:
            core.give_up(server)  # silent in both passes: what is asked later knows
        reason = Reason.TRUNCATED if lookup.truncated else lookup.reason
        core.finish(lookup, failed(lookup, reason, tcp=True))


def repeat(core: Traffic, lookup: Lookup) -> None:
    """Queue it again, ahead of new questions so that its site can go on."""
    core.counters.retries += 1
    requeue(core, lookup)


def requeue(core: Traffic, lookup: Lookup) -> None:
    """Back to the front of the queue it came from."""
    server = lookup.server
    assert server is not None
    if lookup.is_queued:
        return
    lookup.is_queued = True
    lookup.is_fresh = False
    if server.pool is not None:
        server.pool.queue.appendleft(lookup)
        core.ready_pool(server.pool)
    else:
        server.queue.appendleft(lookup)
        core.ready(server)


def to_tcp(core: Traffic, lookup: Lookup) -> None:
    """Ask the same server over TCP."""
    server = lookup.server
    assert server is not None
    if lookup.owner is PROBE:
        return
    core.release(lookup)
    core.forget(lookup)
    if server.state is State.DEAD:  # nothing goes there any more
        again(core, lookup, server.reason_when_dead)
        return
    lookup.tcp = True
    server.stream_queue.append(lookup)
    core.ready(server)
