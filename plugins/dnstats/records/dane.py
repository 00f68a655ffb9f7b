"""DANE for SMTP: TLSA records of the MX hosts (RFC 7672). Reads them; judges nothing."""

from __future__ import annotations

import msgspec

from dnstats.records.record import Reading


class Tlsa(msgspec.Struct, frozen=True):
    """One TLSA record (RFC 6698 section 2.1)."""

    usage: int
    selector: int
    matching: int
    data: str  # hex, shortened to 64 bytes
    length: int  # octets of the data in the record


class DaneHost(msgspec.Struct, frozen=True):
    """One MX host with its TLSA records."""

    name: str
    records: tuple[Tlsa, ...]
    is_secure: bool  # the TLSA answer was validated (AD); insecure TLSA records do not count
    address_is_secure: bool  # the host's address answers were validated (section 2.2.2)
    broken: int = 0  # TLSA records whose data is cut off


class Dane(Reading, frozen=True):
    """The MX hosts, and what they publish for DANE. None when no MX host has TLSA records."""

    hosts: tuple[DaneHost, ...]
    mx_is_secure: bool  # the MX answer was validated; without that no DANE (section 2.2.1)
    unmeasured: tuple[str, ...] = ()  # hosts whose TLSA or address could not be asked

    @property
    def covered(self) -> tuple[DaneHost, ...]:
        """Hosts with at least one usable record, all of whose answers are validated."""
        return tuple(
            host
            for host in self.hosts
            if host.is_secure
            and host.address_is_secure
            and any(is_usable(record) for record in host.records)
        )


DIGEST_LENGTHS = {1: 32, 2: 64}  # octets of SHA2-256 and SHA2-512 (RFC 6698 section 2.1.3)


def is_usable(record: Tlsa) -> bool:
    """Whether an SMTP client can use the record (RFC 7672 section 3.1)."""
    if record.usage not in (2, 3) or record.selector > 1 or record.matching > 2:
        return False
    return record.length == DIGEST_LENGTHS.get(record.matching, record.length) and record.length > 0
