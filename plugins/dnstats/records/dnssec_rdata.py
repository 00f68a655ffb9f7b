"""DS, DNSKEY, NSEC3PARAM and RRSIG records: their fields, key tags, digests. Judges nothing."""

from __future__ import annotations

import functools
import hashlib
import struct

import msgspec

from dnstats import wire
from dnstats.wire import TYPE_NAMES


class Ds(msgspec.Struct, frozen=True):
    """A DS or CDS record (RFC 4034 section 5)."""

    key_tag: int
    algorithm: int
    digest_type: int
    digest: str  # hex
    matches: bool | None = None  # a DNSKEY of the zone has this digest; None: nobody can tell

    @property
    def is_delete(self) -> bool:
        """A CDS that asks the parent to remove the DS (RFC 8078 section 4)."""
        return self.algorithm == 0


class Dnskey(msgspec.Struct, frozen=True):
    """A DNSKEY or CDNSKEY record (RFC 4034 section 2)."""

    key_tag: int
    algorithm: int
    flags: int
    protocol: int
    bits: int  # of the RSA modulus, or the size of the curve; 0 when unknown

    @property
    def is_zone_key(self) -> bool:
        """RFC 4034 section 2.1.1."""
        return bool(self.flags & 0x0100)

    @property
    def is_entry_point(self) -> bool:
        """The SEP flag that marks key signing keys (RFC 4034 section 2.1.1)."""
        return bool(self.flags & 0x0001)

    @property
    def is_revoked(self) -> bool:
        """RFC 5011 section 3."""
        return bool(self.flags & 0x0080)

    @property
    def is_delete(self) -> bool:
        """A CDNSKEY that asks the parent to remove the DS (RFC 8078 section 4)."""
        return self.algorithm == 0


class Nsec3Param(msgspec.Struct, frozen=True):
    """An NSEC3PARAM record (RFC 5155 section 4)."""

    algorithm: int
    flags: int
    iterations: int
    salt: str  # hex, "" for none


class Signature(msgspec.Struct, frozen=True):
    """An RRSIG that came with an answer; times in seconds since 1970, modulo 2**32."""

    covered: str  # "SOA", "DNSKEY" ...
    algorithm: int
    key_tag: int
    signer: str
    inception: int
    expiration: int
    left: int | None = None  # seconds to the expiration as it was asked for; None: nobody knows

    @property
    def lifetime(self) -> int:
        """Seconds from inception to expiration, negative when they are the wrong way round."""
        return seconds_between(self.inception, self.expiration)


def seconds_between(earlier: int, later: int) -> int:
    """Serial number arithmetic (RFC 4034 section 3.1.5), so it holds after 2106 as well."""
    return (later - earlier + 2**31) % 2**32 - 2**31


class Denial(msgspec.Struct, frozen=True):
    """How the zone proves that something is not there, as a negative answer of it showed."""

    kind: str  # "NSEC" or "NSEC3"
    iterations: int = 0
    is_opt_out: bool = False  # RFC 5155 section 6


def read_ds(rdata: bytes) -> Ds | None:
    """None when the data is too short to be one."""
    if len(rdata) < 5:
        return None
    return Ds(int.from_bytes(rdata[:2]), rdata[2], rdata[3], rdata[4:].hex())


@functools.lru_cache(maxsize=4096)
def read_dnskey(rdata: bytes) -> Dnskey | None:
    """None when the data is too short to be one."""
    if len(rdata) < 5:
        return None
    flags, protocol, algorithm = struct.unpack_from("!HBB", rdata)
    return Dnskey(key_tag(rdata), algorithm, flags, protocol, _bits(algorithm, rdata[4:]))


def read_nsec3param(rdata: bytes) -> Nsec3Param | None:
    """None when the data is cut off or too long."""
    if len(rdata) < 5 or len(rdata) != 5 + rdata[4]:
        return None
    algorithm, flags, iterations, _ = struct.unpack_from("!BBHB", rdata)
    return Nsec3Param(algorithm, flags, iterations, rdata[5:].hex())


@functools.lru_cache(maxsize=1024)
def read_signatures(message: bytes, owner: str) -> tuple[Signature, ...]:
    """The RRSIGs at one name in a message's answer section; unreadable ones are passed over."""
    found = []
    for rr in wire.parse_answer(message).answer:
        if rr.rdtype != wire.RRSIG or rr.name != owner or rr.end - rr.start < 19:
            continue
        fields = struct.unpack_from("!HBBIIIH", message, rr.start)
        covered, algorithm, _labels, _ttl, expiration, inception, tag = fields
        try:
            signer, _ = wire.read_name(message, rr.start + 18)
        except wire.Malformed:
            continue
        name = TYPE_NAMES.get(covered, f"TYPE{covered}")
        found.append(Signature(name, algorithm, tag, signer, inception, expiration))
    return tuple(found)


@functools.lru_cache(maxsize=1024)
def read_denial(message: bytes, zone: str) -> Denial | None:
    """The first proof in a message's authority section that is the zone's own; None without."""
    for rr in wire.parse(message).authority:
        if rr.rdtype == wire.NSEC and (rr.name == zone or rr.name.endswith(f".{zone}")):
            return Denial("NSEC")
        if rr.rdtype == wire.NSEC3 and rr.end - rr.start >= 5:
            if rr.name.partition(".")[2] != zone:
                continue  # the proof of a zone above
            _, flags, iterations = struct.unpack_from("!BBH", message, rr.start)
            return Denial("NSEC3", iterations, bool(flags & 0x01))
    return None


def key_tag(rdata: bytes) -> int:
    """The key tag of DNSKEY data (RFC 4034 appendix B; B.1 for the long dead RSAMD5)."""
    if rdata[3] == 1:
        return int.from_bytes(rdata[-3:-1])
    total = sum(rdata[::2]) * 256 + sum(rdata[1::2])
    return (total + (total >> 16 & 0xFFFF)) & 0xFFFF


_HASHES = {1: "sha1", 2: "sha256", 4: "sha384"}


class KeyDigests:
    """The digests of a zone's keys, each made once, when a DS asks for one of its kind.

    A zone may publish thousands of keys with one tag, and as many CDS: each compared with each, as
    validators once did (CVE-2023-50387), is a minute and a half of work in one site's answers.
    """

    def __init__(self, owner: str, keys: tuple[bytes, ...]) -> None:
        self._owner = wire.write_name(owner)
        self._keys: dict[tuple[int, int], list[bytes]] = {}
        self._made: dict[tuple[int, int, str], frozenset[str]] = {}
        for rdata in keys:
            key = read_dnskey(rdata)
            if key is not None:
                self._keys.setdefault((key.key_tag, key.algorithm), []).append(rdata)

    def has(self, ds: Ds) -> bool | None:
        """Whether a key has the digest (RFC 4034 section 5.1.4); None: there is a key that the
        record may mean, and its hash is unknown."""
        means = ds.key_tag, ds.algorithm
        keys = self._keys.get(means)
        if keys is None:
            return False
        name = _HASHES.get(ds.digest_type)
        if name is None:
            return None
        made = self._made.get((*means, name))
        if made is None:
            made = frozenset(self._digest(name, rdata) for rdata in keys)
            self._made[*means, name] = made
        return ds.digest in made

    def _digest(self, name: str, rdata: bytes) -> str:
        return hashlib.new(name, self._owner + rdata, usedforsecurity=False).hexdigest()


_CURVE_BITS = {13: 256, 14: 384, 15: 256, 16: 456, 17: 256, 23: 256}
_RSA = frozenset({1, 5, 7, 8, 10})


def _bits(algorithm: int, key: bytes) -> int:
    """Size of a public key; of RSA, its modulus (RFC 3110 section 2)."""
    if algorithm not in _RSA:
        return _CURVE_BITS.get(algorithm, 0)
    if not key:
        return 0
    skip = 1 + key[0] if key[0] else 3 + int.from_bytes(key[1:3])
    return int.from_bytes(key[skip:]).bit_length()
