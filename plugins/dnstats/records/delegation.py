"""What the zone above says about a zone: its NS set, its DS and its glue, from its own servers.

A resolver never shows this side: it hands out the child's NS set as soon as it has it (RFC 2181
section 5.4.1). Judges nothing. The questions to find the servers above are shared by all their
children; the one to them is put to one of their addresses, another for every site.
"""

from __future__ import annotations

import zlib
from enum import StrEnum

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Question, Reason
from dnstats.records.dnssec_rdata import Ds, read_ds
from dnstats.records.host import Host, host_questions, read_host
from dnstats.records.ip_address import address_text
from dnstats.records.ns_record import NsSet, ns_set
from dnstats.records.record import Look, NotMeasured, Reading, not_measured

MAX_PARENTS = 6  # names above a site that are looked at; deeper ones are no zones of registries
TRIES = 2  # servers of the zone above that are asked


class Source(StrEnum):
    """What the server of the zone above answered with."""

    REFERRAL = "referral"  # the delegation itself
    CHILD = "child"  # it serves the child too, and speaks for it: its own side stays unseen
    NONE = "none"  # it says with authority that nothing is delegated there


class Glue(msgspec.Struct, frozen=True):
    """Addresses of one name server that came with the delegation, sorted."""

    name: str
    addresses: tuple[str, ...]


class Delegation(Reading, frozen=True):
    """What one server of the zone above says. Glue may be incomplete (RFC 9471 section 3)."""

    parent: str  # the zone above
    server: str  # the address that was asked
    source: Source
    names: tuple[str, ...] = ()  # sorted
    ttl: int = 0  # of the NS set, seconds
    malformed: int = 0  # NS records whose data is no name
    ds: tuple[Ds, ...] = ()
    glue: tuple[Glue, ...] = ()

    @property
    def tells(self) -> bool:
        """Whether this is the word of the zone above, not of the child."""
        return self.source is not Source.CHILD


def parent_questions(domain: str) -> tuple[Question, ...]:
    """Which zones are above."""
    return tuple(Question(name, wire.NS) for name in wire.parents(domain)[:MAX_PARENTS])


def parent_host_questions(domain: str, look: Look) -> tuple[Question, ...]:
    """Where the servers of the zone above are that this domain is asked about."""
    above = _parent(domain, look)
    if not isinstance(above, Answer):
        return ()
    return tuple(question for name in _hosts(above, domain) for question in host_questions(name))


def delegation_questions(domain: str, look: Look) -> tuple[Question, ...]:
    """The delegation, asked of one server, and of another in case that it does not tell."""
    above = _parent(domain, look)
    if not isinstance(above, Answer):
        return ()
    chosen = dict.fromkeys(_address(read_host(name, look)) for name in _hosts(above, domain))
    return tuple(Question(domain, wire.NS, address) for address in chosen if address)


def _parent(domain: str, look: Look) -> Answer | NotMeasured | None:
    """The NS set of the nearest zone above; None when there is none below the root."""
    for question in parent_questions(domain):
        answer = look(question)
        if not answer.is_measured:
            return not_measured(answer)
        if answer.is_present and _set(answer).names:
            return answer
    return None


def _set(answer: Answer) -> NsSet:
    """The NS set at the asked name itself: an alias's target is another zone."""
    return ns_set(answer.message, answer.question.name)


def _hosts(above: Answer, domain: str) -> tuple[str, ...]:
    """Another pair for every domain, so that the servers above share the questions."""
    names = _set(above).names
    start = zlib.crc32(domain.encode()) % len(names)
    return (names[start:] + names[:start])[:TRIES]


def _address(host: Host) -> str:
    """IPv4, or IPv6 where there is no other: not everybody who scans has a way there."""
    return host.addresses[0] if host.addresses else ""


def read_delegation(domain: str, look: Look) -> Delegation | NotMeasured | None:
    """None when no zone stands between the domain and the root."""
    above = _parent(domain, look)
    if not isinstance(above, Answer):
        return above
    answers = [look(question) for question in delegation_questions(domain, look)]
    for answer in answers:
        if answer.is_measured:
            return _read(above.question.name, answer)
    unknown = answers or [look(question) for question in parent_host_questions(domain, look)]
    silent = next((answer for answer in unknown if not answer.is_measured), None)
    return (
        not_measured(silent)
        if silent is not None
        else NotMeasured(Reason.BAD_SERVER, f"NS {domain} at a server of {above.question.name}")
    )


def _read(parent: str, answer: Answer) -> Delegation:
    domain, server = answer.question.name, answer.question.server
    if answer.is_absent:
        return Delegation(parent, server, Source.NONE)
    found = ns_set(answer.message, domain, is_referral=answer.is_referral)
    if answer.is_present:
        return Delegation(parent, server, Source.CHILD, found.names, found.ttl, found.malformed)
    walked = wire.parse(answer.message)
    ds = tuple(
        read_ds(answer.message[rr.start : rr.end])
        for rr in walked.authority
        if rr.rdtype == wire.DS and rr.rdclass == 1 and rr.name == domain
    )
    return Delegation(
        parent,
        server,
        Source.REFERRAL,
        found.names,
        found.ttl,
        found.malformed,
        tuple(one for one in ds if one is not None),
        _glue(walked, found.names),
    )


def _glue(walked: wire.Message, names: tuple[str, ...]) -> tuple[Glue, ...]:
    at: dict[str, set[str]] = {}
    for rr in walked.additional:
        if rr.rdtype in (wire.A, wire.AAAA) and rr.rdclass == 1 and rr.name in names:
            at.setdefault(rr.name, set()).add(address_text(walked.wire[rr.start : rr.end]))
    glue = (Glue(name, tuple(sorted(found - {""}))) for name, found in sorted(at.items()))
    return tuple(one for one in glue if one.addresses)
