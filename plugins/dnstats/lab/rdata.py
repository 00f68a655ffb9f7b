"""RDATA in wire form, and the record types' numbers.

Only encodes what it is told, also what no sane server would publish. RFC 1035 §3.3, RFC 3596,
RFC 4034, RFC 6698, RFC 8659, RFC 9460 (through dnspython).
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Sequence
from functools import lru_cache

import dns.rdata
import dns.rdataclass
import dns.rdatatype

from dnstats.lab.labels import wire

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA = 1, 2, 5, 6, 12, 15, 16, 28
DS, RRSIG, NSEC, DNSKEY, NSEC3PARAM, TLSA = 43, 46, 47, 48, 51, 52
CDS, CDNSKEY, HTTPS, CAA, OPT, ANY = 59, 60, 65, 257, 41, 255
NUMBERS = {
    "A": A, "NS": NS, "CNAME": CNAME, "SOA": SOA, "MX": MX, "TXT": TXT, "AAAA": AAAA, "DS": DS,
    "DNSKEY": DNSKEY, "NSEC3PARAM": NSEC3PARAM, "TLSA": TLSA, "CDS": CDS, "CDNSKEY": CDNSKEY,
    "HTTPS": HTTPS, "CAA": CAA,
}  # fmt: skip


def address(text: str) -> bytes:
    """Return an IPv4 or IPv6 address's octets (A, AAAA)."""
    return ipaddress.ip_address(text).packed


def mx(preference: int, host: str) -> bytes:
    """Return MX RDATA; host "" is the root, the null MX of RFC 7505."""
    return struct.pack("!H", preference) + wire(host)


def txt(strings: Sequence[bytes]) -> bytes:
    """Return TXT RDATA of strings of at most 255 octets each."""
    return b"".join(bytes((len(part),)) + part for part in strings) or b"\0"


def strings_of(text: bytes) -> tuple[bytes, ...]:
    """Cut a text into the 255 octet strings a TXT record is made of."""
    return tuple(text[at : at + 255] for at in range(0, len(text), 255)) or (b"",)


def soa(mname: str, rname: str, serial: int, timers: tuple[int, int, int, int]) -> bytes:
    """Return SOA RDATA; timers are refresh, retry, expire, minimum in seconds."""
    return wire(mname) + wire(rname) + struct.pack("!5I", serial & 0xFFFFFFFF, *timers)


def caa(flags: int, tag: bytes, value: bytes) -> bytes:
    """Return CAA RDATA."""
    return bytes((flags, len(tag))) + tag + value


def tlsa(usage: int, selector: int, matching: int, data: bytes) -> bytes:
    """Return TLSA RDATA."""
    return bytes((usage, selector, matching)) + data


@lru_cache(maxsize=4096)
def from_text(rdtype: int, text: str) -> bytes:
    """Return RDATA from its master-file form, for the types too rich to write by hand."""
    value = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.RdataType.make(rdtype), text)
    return value.to_wire() or b""
