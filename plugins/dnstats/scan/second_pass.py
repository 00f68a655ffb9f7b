"""Asking again what was not measured, by another path. Decides the path; asks nothing itself.

What the resolvers could not say is asked of the zone's own servers, found by the resolver or, where
it knows nothing of the zone at all, by the delegation in the zone above. A resolver that validates
may fail on purpose: what does not validate is never fetched around it.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterable
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Question, Reason, follow_aliases

# Asking again cannot change these.
FINAL_REASONS = frozenset(
    (Reason.BAD_NAME, Reason.BAD_SERVER, Reason.OPTED_OUT, Reason.LIMIT, Reason.ALIAS_LOOP)
)
# RFC 8914 section 4: unsupported or failed validation. The resolver's verdict, not its failure.
DNSSEC_ERRORS = frozenset((1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 25, 27))
MAX_SERVERS = 3

Asking = Generator[tuple[Question, ...], tuple[Answer, ...], "Answer | None"]


class _Servers(NamedTuple):
    """Who serves the zone: names, and the addresses of those inside it (glue)."""

    zone: str
    hosts: tuple[str, ...] = ()
    glue: tuple[str, ...] = ()


_NOBODY = _Servers("")


def is_worth_asking_again(answer: Answer) -> bool:
    """Whether a second pass could measure it."""
    return answer.reason is not None and answer.reason not in FINAL_REASONS


def ask_authority(question: Question, failed: Answer, *, checks_first: bool = True) -> Asking:
    """Ask the zone's own servers; the answer to `question` as they gave it, or None.

    Whether the resolver has an answer that does not validate is asked before them; with
    `checks_first` off behind them, and only when they said something.
    """
    if DNSSEC_ERRORS.intersection(failed.ede):
        return None
    is_doubtful = failed.reason is Reason.SERVFAIL and not question.cd
    if is_doubtful and checks_first and (yield from _is_bogus(question)):
        return None
    servers = yield from _find_servers(question)
    addresses = yield from _find_addresses(servers)
    # All at once: those of a dead zone would keep a chunk waiting one after the other.
    answers = yield tuple(
        Question(question.name, question.rdtype, address, question.cd)
        for address in addresses[:MAX_SERVERS]
    )
    told = [answer for answer in answers if _speaks_for(servers.zone, answer)]
    # A bare denial counts when no other server says more.
    told.sort(key=lambda answer: not (answer.is_present or answer.is_proven))
    if told and is_doubtful and not checks_first and (yield from _is_bogus(question)):
        return None
    # Nobody validated what a zone says of itself, whatever its servers put into AD.
    return msgspec.structs.replace(told[0], question=question, ad=False) if told else None


def _is_bogus(question: Question) -> Generator[tuple[Question, ...], tuple[Answer, ...], bool]:
    """Whether the resolver has it, and it does not validate."""
    (unchecked,) = yield (msgspec.structs.replace(question, cd=True),)
    return unchecked.is_measured


def _speaks_for(zone: str, answer: Answer) -> bool:
    """Whether a server of the zone may say this: aliases out of it lead to what it cannot know.

    Neither can it deny with the SOA of a zone above: so do servers that pretend to hold the root.
    """
    if not (answer.is_present or answer.is_absent):
        return False
    message = answer.walk()
    end = follow_aliases(message, answer.question.name)
    if end is None or (answer.is_absent and end[1]):
        return False
    owners = [rr.name for rr in message.authority if rr.rdtype == wire.SOA]
    return all(_is_in(name, zone) for name in (end[0], *(owners if answer.is_absent else ())))


def _is_in(name: str, zone: str) -> bool:
    return name == zone or name.endswith("." + zone)


def _find_servers(
    question: Question,
) -> Generator[tuple[Question, ...], tuple[Answer, ...], _Servers]:
    """The zone that answers the question, as far as anybody knows, and its servers."""
    cut = ""  # the highest name of which the resolver could not say whether a zone begins there
    known = _NOBODY
    for zone in _zones(question):
        if not cut and "." not in zone:
            break  # the servers of a top-level domain are asked for delegations only
        (answer,) = yield (Question(zone, wire.NS),)
        hosts = _hosts(answer)
        if hosts and cut:
            told = yield from _ask_above(cut, _Servers(zone, hosts))
            return told if told.hosts else known
        if hosts:
            known = _Servers(zone, hosts)
            if not all(_is_in(host, zone) for host in hosts):
                return known
            cut = zone  # the resolver fails in this zone: the glue above is surer than its word
        elif not answer.is_measured:
            if known.hosts:
                return known
            cut = zone
    return known


def _zones(question: Question) -> list[str]:
    """Names at which the question's zone may begin, nearest first.

    None begins at an underscore as good as ever, and of each such name another question would be
    lost. A DS is in the zone above (RFC 4035 section 3.1.4.1).
    """
    names = [question.name, *wire.parents(question.name)]
    if question.rdtype == wire.DS:
        del names[0]
    last = max((at for at, name in enumerate(names) if name.startswith("_")), default=-1)
    return names[last + 1 :]


def _hosts(answer: Answer) -> tuple[str, ...]:
    """The NS set of the asked name itself, sorted."""
    found = answer.rrset()
    if found is None or found.aliases:
        return ()
    return _names(answer.message, found.spans)


def _names(message: bytes, spans: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    """The names that are the data of these records, sorted; broken ones left out."""
    names = set()
    for start, end in spans:
        try:
            name, stop = wire.read_name(message, start)
        except wire.Malformed:
            continue
        if stop == end:
            names.add(name)
    return tuple(sorted(names))


def _ask_above(
    zone: str, above: _Servers
) -> Generator[tuple[Question, ...], tuple[Answer, ...], _Servers]:
    """The delegation of a zone, from the servers above it: other ones for every zone."""
    start = zlib.crc32(zone.encode()) % len(above.hosts)
    hosts = above.hosts[start:] + above.hosts[:start]
    addresses = yield from _find_addresses(_Servers(above.zone, hosts[:1]))
    for address in addresses[:1]:
        (answer,) = yield (Question(zone, wire.NS, address),)
        if answer.is_present:
            return _Servers(zone, _hosts(answer))
        if answer.is_referral:
            return _read_referral(zone, answer)
        if answer.is_absent and "." in above.zone:
            return above  # no zone begins there
    return _NOBODY


def _read_referral(zone: str, answer: Answer) -> _Servers:
    message = answer.walk()
    records = (rr for rr in message.authority if rr.rdtype == wire.NS and rr.name == zone)
    hosts = _names(message.wire, ((rr.start, rr.end) for rr in records))
    glue = [
        _address(message.wire[rr.start : rr.end])
        for rr in message.additional
        if rr.rdtype in (wire.A, wire.AAAA) and rr.name in hosts and _is_in(rr.name, zone)
    ]
    return _Servers(zone, hosts, tuple(one for one in glue if one))


def _find_addresses(
    servers: _Servers,
) -> Generator[tuple[Question, ...], tuple[Answer, ...], list[str]]:
    """Addresses of a zone's servers, IPv4 where there is any."""
    if servers.glue:
        return sorted(servers.glue, key=lambda address: (":" in address, address))
    addresses: list[str] = []
    for rdtype in (wire.A, wire.AAAA):
        if addresses or not servers.hosts:
            break
        answers = yield tuple(Question(host, rdtype) for host in servers.hosts[:MAX_SERVERS])
        for answer in answers:
            found = answer.rrset()
            addresses += [_address(rdata) for rdata in (found.rdata if found is not None else ())]
    return sorted(address for address in addresses if address)


def _address(rdata: bytes) -> str:
    """The address in A or AAAA data, "" when there is none."""
    if len(rdata) not in (4, 16):
        return ""
    return str(IPv4Address(rdata) if len(rdata) == 4 else IPv6Address(rdata))
