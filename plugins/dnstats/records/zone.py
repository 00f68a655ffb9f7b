"""Which zone a site stands in, and whether it is that zone's apex. Judges nothing.

Only an apex has an NS set, an SOA and DNSSEC of its own. A name below one (a subdomain on the list)
answers NODATA with the SOA of the zone above it (RFC 2308 section 2.2); that is no fault.
"""

from __future__ import annotations

import functools

import msgspec
from msgspec.structs import replace

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, follow_aliases
from dnstats.records.record import Look, NotMeasured, not_measured


class Zone(msgspec.Struct, frozen=True):
    """What the answers say about the zone of a name."""

    name: str  # of the zone; "" when no answer named it
    is_apex: bool
    exists: bool  # False: the resolver said NXDOMAIN


def ns_question(domain: str, *, cd: bool = False) -> Question:
    """The NS set from the resolver."""
    return Question(domain, wire.NS, cd=cd)


def soa_question(domain: str, *, cd: bool = False) -> Question:
    """The SOA from the resolver."""
    return Question(domain, wire.SOA, cd=cd)


def zone_of(domain: str, look: Look) -> Zone | NotMeasured:
    """The zone of a name from its NS and SOA answers.

    With checking disabled where the resolver refused otherwise: a zone that fails validation is
    a zone all the same. Not measured when no answer tells.
    """
    unclear: Zone | None = None
    for question in (ns_question(domain), soa_question(domain)):
        answer = look_unchecked(question, look)
        if not answer.is_measured:
            continue
        zone = _zone_in(answer)
        if zone.name or not zone.exists:
            return zone
        unclear = zone
    return unclear or not_measured(look(ns_question(domain)))


def look_unchecked(question: Question, look: Look) -> Answer:
    """An answer, or the one with checking disabled when only that one came."""
    answer = look(question)
    if answer.is_measured:
        return answer
    unchecked = look(replace(question, cd=True))
    return unchecked if unchecked.is_measured else answer


def _zone_in(answer: Answer) -> Zone:
    if answer.outcome is Outcome.NXDOMAIN:
        return Zone("", is_apex=False, exists=False)
    domain = answer.question.name
    is_alias, soa_owner = _proof(answer.message, domain)
    if is_alias:
        return Zone("", is_apex=False, exists=True)
    if answer.is_present:
        return Zone(domain, is_apex=True, exists=True)
    return Zone(soa_owner, is_apex=soa_owner == domain, exists=True)


@functools.lru_cache(maxsize=1024)
def _proof(message: bytes, domain: str) -> tuple[bool, str]:
    """Whether the name is an alias, and the owner of the SOA in the authority section.

    An SOA of an unrelated zone (above it in no way) proves nothing.
    """
    walked = wire.parse(message)
    end = follow_aliases(walked, domain)
    above = {domain, *wire.parents(domain), "."}
    owners = [rr.name for rr in walked.authority if rr.rdtype == wire.SOA and rr.name in above]
    return end is None or bool(end[1]), owners[0] if owners else ""
