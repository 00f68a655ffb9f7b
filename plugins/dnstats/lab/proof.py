"""What DNSSEC adds to a response: signatures, and proof that something is not there.

A denial is one NSEC made for the question (compact denial, RFC 9824), also in zones that have an
NSEC3PARAM record: real NSEC3 chains are not built.
"""

from __future__ import annotations

import struct

from dnstats.lab import rdata
from dnstats.lab.labels import wire
from dnstats.lab.lookup import NXDOMAIN, Found, RRset
from dnstats.lab.message import Query
from dnstats.lab.signing import Signer


def signed(signer: Signer, query: Query, rrsets: list[RRset]) -> list[RRset]:
    """Add the signatures when they were asked for."""
    if not query.dnssec_ok:
        return rrsets
    found = []
    for rrset in rrsets:
        found.append(rrset)
        owner, rdtype, ttl, rdatas, zone = rrset
        made = signer.rrsig(zone, owner, rdtype, ttl, rdatas)
        if made:
            found.append(RRset(owner, rdata.RRSIG, ttl, (made,), zone))
    return found


def denied(signer: Signer, query: Query, found: Found) -> list[RRset]:
    """Return the authority section: for a signed denial with an NSEC made for it (RFC 9824)."""
    rrsets = list(found.authority)
    if rrsets and query.dnssec_ok and not found.answer and len(query.name) < 240:
        types = {*found.types, rdata.RRSIG, rdata.NSEC} | (
            {128} if found.rcode == NXDOMAIN else set()
        )
        raw = b"\x01\0" + wire(query.name) + _bitmap(types - {rdata.OPT})
        if found.zone == "" or ("." + query.name).endswith("." + found.zone):
            rrsets.append(RRset(query.name, rdata.NSEC, 900, (raw,), found.zone))
    proved = signed(signer, query, rrsets)
    return proved if len(proved) > len(rrsets) else list(found.authority)


def proved(
    signer: Signer, query: Query, found: Found
) -> tuple[list[RRset], list[RRset], tuple[()]]:
    """Return answer and authority of what was found, and nothing additional."""
    return signed(signer, query, found.answer), denied(signer, query, found), ()


def _bitmap(types: set[int]) -> bytes:
    """Return the type bitmap of an NSEC record (RFC 4034 §4.1.2)."""
    out = b""
    for window in sorted({number >> 8 for number in types}):
        bits = bytearray(32)
        for number in types:
            if number >> 8 == window:
                bits[(number & 255) >> 3] |= 0x80 >> (number & 7)
        kept = bytes(bits).rstrip(b"\0")
        out += struct.pack("!BB", window, len(kept)) + kept
    return out
