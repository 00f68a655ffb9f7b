"""How a zone is signed, and what a validating resolver made of it. Judges nothing."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from dnstats.records.record import NotMeasured, Reading


class State(StrEnum):
    """RFC 4033 section 5, as the resolver that was asked saw it."""

    SECURE = "secure"  # the resolver validated it (AD)
    INSECURE = "insecure"  # the parent has no DS, or none that a resolver may use
    BOGUS = "bogus"  # signed, and the signatures do not hold
    INDETERMINATE = "indeterminate"  # DS published, and nobody validated: a resolver without AD


class Ds(msgspec.Struct, frozen=True):
    """A DS or CDS record."""

    key_tag: int
    algorithm: int
    digest_type: int
    digest: str  # hex
    matches: bool | None = None  # a DNSKEY of the zone has this digest; None: cannot be computed


class Dnskey(msgspec.Struct, frozen=True):
    """A DNSKEY or CDNSKEY record."""

    key_tag: int
    algorithm: int
    flags: int
    protocol: int
    bits: int  # of the RSA modulus, or the curve's key; 0 when unknown
    is_zone_key: bool  # RFC 4034 section 2.1.1
    is_entry_point: bool  # SEP
    is_revoked: bool  # RFC 5011 section 3
    sha256: str = ""  # the SHA-256 digest that a DS of it would have, hex


class Nsec3Param(msgspec.Struct, frozen=True):
    """An NSEC3PARAM record."""

    algorithm: int
    flags: int
    iterations: int
    salt: str  # hex, "" for none


class Signature(msgspec.Struct, frozen=True):
    """An RRSIG that came with an answer; times in seconds since 1970 (serial arithmetic)."""

    covered: str  # "SOA", "DNSKEY" ...
    algorithm: int
    key_tag: int
    signer: str
    inception: int
    expiration: int


class Dnssec(Reading, frozen=True):
    """DNSSEC at a zone apex; a zone without any is a value too, with its state insecure."""

    zone: str
    state: State
    ede: tuple[int, ...]  # of the resolver's refusal, when it refused
    ds: tuple[Ds, ...] | NotMeasured
    dnskeys: tuple[Dnskey, ...] | NotMeasured
    cds: tuple[Ds, ...] | NotMeasured
    cdnskeys: tuple[Dnskey, ...] | NotMeasured
    nsec3: tuple[Nsec3Param, ...] | NotMeasured
    signatures: tuple[Signature, ...] = ()
    malformed: tuple[str, ...] = ()  # types with data that nobody can read
