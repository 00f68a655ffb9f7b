"""DNSSEC of the practice internet: keys from the seed, DS, DNSKEY and RRSIG made with dnspython.

Keys follow from (seed, zone) and are worth nothing as secrets. Signatures are deterministic for a
given day (`now`). RFC 4034, RFC 6605 (ECDSA), RFC 8080 (Ed25519), RFC 5702 (RSA).
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from dnstats.lab import rdata
from dnstats.lab.delegation import dnssec_case
from dnstats.lab.labels import wire
from dnstats.lab.world import ds_of

DAY = 86400
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SMALL_PRIMES = tuple(
    n for n in range(3, 4000, 2) if all(n % d for d in range(3, int(n**0.5) + 1, 2))
)
SIGNED = frozenset(
    ("ecdsa", "rsa", "ed25519", "sha1_ds", "no_ds", "expired", "wrong_ds", "registry")
)
KEYED = SIGNED | {"no_rrsig", "sha1_algorithm"}


def _bytes(seed: int, label: str, count: int) -> bytes:
    return hashlib.shake_256(f"{seed}/{label}".encode()).digest(count)


def _prime(seed: int, label: str) -> int:
    """Return a 1024-bit prime, top bits set (Fermat tests do: these keys guard nothing)."""
    candidate = int.from_bytes(_bytes(seed, label, 128), "big") | (3 << 1022) | 1
    while True:
        if all(candidate % small for small in SMALL_PRIMES) and candidate % 65537 != 1:  # noqa: SIM102
            if all(pow(base, candidate - 1, candidate) == 1 for base in (2, 3, 5)):
                return candidate
        candidate += 2


@lru_cache(maxsize=4)
def rsa_key(seed: int) -> rsa.RSAPrivateKey:
    """Return the 2048-bit key that all RSA zones share, as at a hosting provider."""
    p, q, e = _prime(seed, "rsa p"), _prime(seed, "rsa q"), 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(e, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public
    ).private_key()


def _dnskey(raw: bytes) -> DNSKEY:
    made = dns.rdata.from_wire("IN", dns.rdatatype.DNSKEY, raw, 0, len(raw))
    assert isinstance(made, DNSKEY)
    return made


class Signer:
    """Signs RRsets of one world on one day; keeps the keys it made."""

    def __init__(self, seed: int, now: int) -> None:
        """`now`: seconds since the epoch; signatures hold from a day before its midnight."""
        self.seed = seed
        self.midnight = now - now % DAY
        self.key = lru_cache(maxsize=4096)(self._key)
        self.rrsig = lru_cache(maxsize=65536)(self._rrsig)

    def _key(self, zone: str, flags: int = 257) -> tuple[Any, DNSKEY]:
        case, label = dnssec_case(self.seed, zone), f"{zone} {flags}"
        private: Any
        if case in ("rsa", "sha1_algorithm"):
            private = rsa_key(self.seed)
            algorithm = 8 if case == "rsa" else ds_of(self.seed, zone)[0][0]
            public = dns.dnssec.make_dnskey(private.public_key(), 8, flags)
            raw = (public.to_wire() or b"")[:3] + bytes((algorithm,)) + public.key
            return private, _dnskey(raw)
        if case == "ed25519":
            private = ed25519.Ed25519PrivateKey.from_private_bytes(_bytes(self.seed, label, 32))
            return private, dns.dnssec.make_dnskey(private.public_key(), 15, flags)
        scalar = int.from_bytes(_bytes(self.seed, label, 40), "big") % (P256_ORDER - 1) + 1
        private = ec.derive_private_key(scalar, ec.SECP256R1())
        return private, dns.dnssec.make_dnskey(private.public_key(), 13, flags)

    def split_keys(self, zone: str) -> bool:
        """Say whether a zone has a key- and a zone-signing key, not one key for both."""
        ecdsa = dnssec_case(self.seed, zone) in ("ecdsa", "registry")
        return ecdsa and _bytes(self.seed, f"{zone} split", 1)[0] < 128

    def dnskeys(self, zone: str) -> list[bytes]:
        """Return a zone's DNSKEY RDATA."""
        if dnssec_case(self.seed, zone) not in KEYED:
            return []
        flags = (257, 256) if self.split_keys(zone) else (257,)
        return [self.key(zone, flag)[1].to_wire() or b"" for flag in flags]

    def ds(self, zone: str) -> list[bytes]:
        """Return the DS RDATA that the parent publishes."""
        case, found = dnssec_case(self.seed, zone), []
        for algorithm, digest in ds_of(self.seed, zone):
            key = self.key(zone, 256 if case == "wrong_ds" else 257)[1]
            made = hashlib.new(("sha1", "sha256")[digest - 1], wire(zone) + (key.to_wire() or b""))
            tag = dns.dnssec.key_id(key).to_bytes(2, "big")
            found.append(tag + bytes((algorithm, digest)) + made.digest())
        return found

    def _rrsig(
        self, zone: str, owner: str, rdtype: int, ttl: int, rdatas: tuple[bytes, ...]
    ) -> bytes | None:
        """Return the RRSIG RDATA over an RRset of `zone`; None when the zone does not sign."""
        case = dnssec_case(self.seed, zone)
        if case not in SIGNED:
            return None
        zone_key = self.split_keys(zone) and rdtype != rdata.DNSKEY
        private, key = self.key(zone, 256 if zone_key else 257)
        expired = case == "expired"
        name, kind = dns.name.from_wire(wire(owner), 0)[0], dns.rdatatype.RdataType.make(rdtype)
        values = [dns.rdata.from_wire("IN", kind, raw, 0, len(raw)) for raw in rdatas]
        rrset = dns.rrset.from_rdata_list(name, ttl, values)
        inception = self.midnight - (40 if expired else 1) * DAY
        expiration = self.midnight + (-10 if expired else 14) * DAY
        signer = dns.name.from_wire(wire(zone), 0)[0]
        made = dns.dnssec.sign(rrset, private, signer, key, inception, expiration)
        return made.to_wire()
