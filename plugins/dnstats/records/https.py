"""HTTPS records (RFC 9460) at the site and at www. Judges nothing."""

from __future__ import annotations

import msgspec

from dnstats.records.record import NotMeasured, Reading


class Service(msgspec.Struct, frozen=True):
    """One HTTPS record: an alias (priority 0) or a service."""

    priority: int
    target: str  # "." means the owner itself
    alpn: tuple[str, ...] = ()
    no_default_alpn: bool = False
    port: int | None = None
    v4hint: tuple[str, ...] = ()
    v6hint: tuple[str, ...] = ()
    ech: bool = False
    mandatory: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # names of further parameters
    fault: str = ""  # why clients must ignore the record; "" when it is well formed


class Https(Reading, frozen=True):
    """The HTTPS records of the site and of www, with the addresses their hints are held against."""

    apex: tuple[Service, ...] | NotMeasured
    www: tuple[Service, ...] | NotMeasured
