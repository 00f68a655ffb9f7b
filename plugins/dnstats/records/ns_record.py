"""NS records in a message, and names that cannot be name servers. Judges nothing."""

from __future__ import annotations

import functools
import ipaddress

import msgspec

from dnstats import wire


class NsSet(msgspec.Struct, frozen=True):
    """The NS records that answer a question."""

    names: tuple[str, ...]  # sorted, each once
    ttl: int
    malformed: int  # records whose data is no name


@functools.lru_cache(maxsize=1024)
def ns_set(message: bytes, domain: str, *, is_referral: bool = False) -> NsSet:
    """The NS set of a name in a message that is known to hold one, as its answer or a referral."""
    names, malformed, ttl = set(), 0, 0
    records = wire.parse(message).authority if is_referral else wire.parse_answer(message).answer
    for rr in records:
        if rr.rdtype != wire.NS or rr.rdclass != 1 or rr.name != domain:
            continue
        ttl = min(ttl or rr.ttl, rr.ttl)
        try:
            name, end = wire.read_name(message, rr.start)
        except wire.Malformed:
            end = -1
        if end == rr.end:
            names.add(name)
        else:
            malformed += 1
    return NsSet(tuple(sorted(names)), ttl, malformed)


@functools.lru_cache(maxsize=16384)
def name_fault(name: str) -> str:
    """Why a name can be no host with addresses, "" when it can.

    Underscores are let through: RFC 2181 section 11 allows them in names, and they do resolve.
    """
    if name == ".":
        return "is the root"
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return ""
    return "is an IP address"
