"""What DNSSEC adds to a response: signatures, and proof that something is not there.

Denials are NSEC records made for the question, also in zones that have an NSEC3PARAM record: real
chains are not built. That a name has no such type is said at the name itself; that there is no such
name, by two spans just wide enough (RFC 4470).
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
        if found.rcode == NXDOMAIN:
            label = query.name[: -len(found.above) - 1 if found.above else None].rpartition(".")[2]
            rrsets += [_span(each, found.above, found.zone) for each in (label or "*", "*")]
        elif found.zone == "" or ("." + query.name).endswith("." + found.zone):
            types = {*found.types, rdata.RRSIG, rdata.NSEC} - {rdata.OPT}
            raw = b"\x01\0" + wire(query.name) + _bitmap(types)
            rrsets.append(RRset(query.name, rdata.NSEC, 900, (raw,), found.zone))
    proved = signed(signer, query, rrsets)
    return proved if len(proved) > len(rrsets) else list(found.authority)


def undelegated(signer: Signer, query: Query, zone: str, parent: str) -> list[RRset]:
    """Return the parent's signed word that a zone has no DS (RFC 4035 §3.1.4.1), if it signs."""
    raw = b"\x01\0" + wire(zone) + _bitmap({rdata.NS, rdata.RRSIG, rdata.NSEC})
    made = signed(signer, query, [RRset(zone, rdata.NSEC, 900, (raw,), parent)])
    return made if len(made) > 1 else []


def proved(
    signer: Signer, query: Query, found: Found
) -> tuple[list[RRset], list[RRset], tuple[()]]:
    """Return answer and authority of what was found, and nothing additional."""
    return signed(signer, query, found.answer), denied(signer, query, found), ()


def _span(label: str, above: str, zone: str) -> RRset:
    """Return an NSEC from a little before `label`.`above` to a little behind it."""
    tail = f".{above}" if above else ""
    before = f"{label[:-1]}{chr(max(ord(label[-1]) - 1, 0))}~"[:63]
    raw = wire(f"{label[:62]}!{tail}") + _bitmap({rdata.RRSIG, rdata.NSEC})
    return RRset(before + tail, rdata.NSEC, 900, (raw,), zone)


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
