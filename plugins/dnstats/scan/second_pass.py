"""Asking again what was not measured, by another path. Decides the path; asks nothing itself.

When only one resolver is known and it fails twice, the zone's own servers are asked. A resolver
that validates may fail on purpose: what does not validate is never fetched around it.
"""

from __future__ import annotations

from collections.abc import Generator
from ipaddress import IPv4Address, IPv6Address

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


def is_worth_asking_again(answer: Answer) -> bool:
    """Whether a second pass could measure it."""
    return answer.reason is not None and answer.reason not in FINAL_REASONS


def ask_authority(
    question: Question, failed: Answer
) -> Generator[tuple[Question, ...], tuple[Answer, ...], Answer | None]:
    """Ask the zone's own servers; the answer to `question` as they gave it, or None."""
    if DNSSEC_ERRORS.intersection(failed.ede):
        return None
    if failed.reason is Reason.SERVFAIL and not question.cd:
        (unchecked,) = yield (msgspec.structs.replace(question, cd=True),)
        if unchecked.is_measured:
            return None  # it is there, and does not validate
    hosts = yield from _find_hosts(question.name)
    addresses = yield from _find_addresses(hosts)
    for address in addresses[:MAX_SERVERS]:
        (answer,) = yield (Question(question.name, question.rdtype, address, question.cd),)
        if answer.is_present or (answer.is_absent and not _has_aliases(answer)):
            return msgspec.structs.replace(answer, question=question)
    return None


def _has_aliases(answer: Answer) -> bool:
    """Aliases lead out of the zone: what is at their end, this server cannot say."""
    end = follow_aliases(answer.walk(), answer.question.name)
    return end is None or bool(end[1])


def _find_hosts(
    name: str,
) -> Generator[tuple[Question, ...], tuple[Answer, ...], tuple[str, ...]]:
    """The name servers of the zone that the name is in, below the top level."""
    for zone in (name, *wire.parents(name)):
        if "." not in zone.strip("."):
            break
        (answer,) = yield (Question(zone, wire.NS),)
        found = answer.rrset()
        if found is not None and not found.aliases:
            message = answer.message
            return tuple(wire.read_name(message, start)[0] for start, _ in found.spans)
    return ()


def _find_addresses(
    hosts: tuple[str, ...],
) -> Generator[tuple[Question, ...], tuple[Answer, ...], list[str]]:
    addresses: list[str] = []
    for rdtype, kind in ((wire.A, IPv4Address), (wire.AAAA, IPv6Address)):
        if addresses or not hosts:
            break
        answers = yield tuple(Question(host, rdtype) for host in hosts[:MAX_SERVERS])
        size = 4 if rdtype == wire.A else 16
        for answer in answers:
            found = answer.rrset()
            for rdata in found.rdata if found is not None else ():
                if len(rdata) == size:
                    addresses.append(str(kind(rdata)))
    return addresses
