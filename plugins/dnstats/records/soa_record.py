"""SOA records in a message (RFC 1035 section 3.3.13). Judges nothing."""

from __future__ import annotations

import functools
import struct

import msgspec

from dnstats import wire


class SoaRecord(msgspec.Struct, frozen=True):
    """The seven fields; timers in seconds."""

    mname: str
    rname: str
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int


class SoaSet(msgspec.Struct, frozen=True):
    """The SOA records of one name."""

    records: tuple[SoaRecord, ...]  # each once
    ttl: int
    malformed: int  # records whose data nobody can read


_TIMERS = struct.Struct("!5I")


@functools.lru_cache(maxsize=4096)
def read_soa_set(message: bytes, domain: str) -> SoaSet:
    """The SOA set of a name in a message's answer section."""
    records: dict[SoaRecord, None] = {}
    malformed, ttl = 0, 0
    for rr in wire.parse_answer(message).answer:
        if rr.rdtype != wire.SOA or rr.rdclass != 1 or rr.name != domain:
            continue
        ttl = rr.ttl
        record = _read_soa(message, rr.start, rr.end)
        if record is None:
            malformed += 1
        else:
            records[record] = None
    return SoaSet(tuple(records), ttl, malformed)


def _read_soa(message: bytes, start: int, end: int) -> SoaRecord | None:
    try:
        mname, offset = wire.read_name(message, start)
        rname, offset = wire.read_name(message, offset)
    except wire.Malformed:
        return None
    if offset + _TIMERS.size != end:
        return None
    return SoaRecord(mname, rname, *_TIMERS.unpack_from(message, offset))
