"""Which authorities may issue certificates for a site (CAA). Judges nothing."""

from __future__ import annotations

import msgspec

from dnstats.records.record import Reading


class Property(msgspec.Struct, frozen=True):
    """One CAA record (RFC 8659 section 4.1)."""

    flags: int
    tag: str  # lower case, printable
    value: str  # printable
    fault: str = ""  # why the value breaks its property's grammar; "" when it keeps it
    issuer: str = ""  # of issue, issuewild, issuemail, issuevmc; "" forbids
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def is_critical(self) -> bool:
        """Bit 0 of the flags octet."""
        return bool(self.flags & 0x80)


class Caa(Reading, frozen=True):
    """The CAA set that counts for a site: its own, or the nearest parent's."""

    found_at: str
    level: int  # 0: at the site; 1: at its parent ...
    properties: tuple[Property, ...]
    malformed: int = 0  # records whose data nobody can read
    issuers: tuple[str, ...] | None = None  # for names: None anybody, () nobody
    wildcard_issuers: tuple[str, ...] | None = None
    mail_issuers: tuple[str, ...] | None = None
    mark_issuers: tuple[str, ...] | None = None  # verified mark certificates (issuevmc)
