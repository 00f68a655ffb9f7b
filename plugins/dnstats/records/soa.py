"""The SOA of a zone, from the resolver and from each name server. Judges nothing."""

from __future__ import annotations

import msgspec

from dnstats.records.record import Reading


class SoaRecord(msgspec.Struct, frozen=True):
    """The seven fields (RFC 1035 section 3.3.13); timers in seconds."""

    mname: str
    rname: str
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int


class ServerSoa(msgspec.Struct, frozen=True):
    """What one address said when asked directly."""

    address: str
    records: tuple[SoaRecord, ...]


class Soa(Reading, frozen=True):
    """The SOA at a zone apex; `records` is empty when the apex has none."""

    zone: str
    ttl: int  # seconds
    records: tuple[SoaRecord, ...]
    malformed: int  # records whose data nobody can read
    servers: tuple[ServerSoa, ...]  # those that answered; the others are in the ns family
    unmeasured: tuple[str, ...]  # addresses that did not tell
