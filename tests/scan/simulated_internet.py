"""An internet without sockets for fuzzing the scan: a truth, and servers that tell it badly.

All choices come from one seed. What is told wrongly is told in a way that must not be believed
(another ID, another question, no proof ...), so whatever is believed can be held against the truth.
"""

from __future__ import annotations

import ipaddress
import random
import struct
from typing import NamedTuple

from dnstats import wire

from tests.scan.nameserver import Query

EVIL = b"\x04evil"
DATAGRAM_FAULTS = (
    "drop", "late", "twice", "truncated", "servfail", "refused", "formerr", "notimp", "badvers",
    "odd code", "folded", "wrong id", "wrong question", "evil first", "malformed", "garbage",
    "bare error", "bare denial", "no proof", "stale", "not a reply", "echo", "bogus",
)  # fmt: skip
STREAM_FAULTS = (
    "drop", "late", "twice", "truncated", "servfail", "formerr", "folded", "wrong id",
    "wrong question", "malformed", "hang up", "hang up after", "bare error",
)  # fmt: skip
RCODES = {"servfail": 2, "bogus": 2, "refused": 5, "formerr": 1, "notimp": 4, "odd code": 9}
TYPES = (wire.TXT, wire.A, wire.AAAA, wire.NS, wire.MX, wire.SOA, wire.DS)


class Truth(NamedTuple):
    """What is at a name: records of the type, perhaps at the end of an alias; or nothing."""

    rdata: tuple[bytes, ...] = ()
    exists: bool = True
    alias: bool = False


class Zones:
    """What every name holds, made from the seed when it is asked for."""

    def __init__(self, seed: int, addresses: list[str]) -> None:
        self._seed = seed
        self.addresses = addresses
        self._known: dict[tuple[str, int], Truth] = {}

    def truth(self, name: str, rdtype: int) -> Truth:
        found = self._known.get((name, rdtype))
        if found is None:
            found = self._known[name, rdtype] = self._make(name, rdtype)
        return found

    def address_of(self, data: bytes) -> str | None:
        """The address that A or AAAA data is, where it is one of these."""
        return next((one for one in self.addresses if _octets(one) == data), None)

    def _make(self, name: str, rdtype: int) -> Truth:
        chance = random.Random(f"{self._seed} {name}")
        if name == ".":
            return Truth((b"\1a\0",))
        is_host = name.startswith(("ns", "a.nic"))
        if not is_host and "." in name and chance.random() < 0.1:
            return Truth(exists=False)
        alias = not is_host and "." in name and chance.random() < 0.1
        v4, v6 = chance.choice(self.addresses), chance.choice(self.addresses)
        chance = random.Random(f"{self._seed} {name} {rdtype}")
        if rdtype == wire.NS and "_" not in name:
            hosts = ("ns1." + name, "ns2." + name) if "." in name else ("a.nic." + name,)
            return Truth(tuple(map(wire.write_name, hosts)))
        if is_host and rdtype in (wire.A, wire.AAAA):
            address = v4 if rdtype == wire.A else v6
            return Truth((_octets(address),) if (":" in address) == (rdtype == wire.AAAA) else ())
        if chance.random() < 0.4:
            return Truth((), alias=alias)
        if rdtype == wire.TXT:
            text = f"{name} {rdtype}".encode()[:200]
            return Truth((bytes((len(text),)) + text,), alias=alias)
        return Truth((struct.pack("!HI", rdtype, chance.getrandbits(32)) + bytes(20),), alias=alias)


def _octets(address: str) -> bytes:
    return ipaddress.ip_address(address).packed


def message(query: Query, truth: Truth, *, aa: bool, proof: bool = True, ede: int = 0) -> bytes:
    """What a server says that tells the truth, the whole truth, unless the proof is left out."""
    target = b"\xc0\x0c"
    body, count = b"", 0
    behind = 12 + len(query.section)
    if truth.alias:
        other = b"\5alias\xc0\x0c"
        body += target + struct.pack("!HHIH", wire.CNAME, 1, 60, len(other)) + other
        target = (0xC000 | behind + 12).to_bytes(2)
        count += 1
    for data in truth.rdata:
        body += target + struct.pack("!HHIH", query.rdtype, 1, 60, len(data)) + data
        count += 1
    authority = 0
    if not truth.rdata and proof:
        up = query.rdtype in (wire.SOA, wire.DS) and not truth.alias
        owner = (0xC000 | 12 + (1 + query.section[0] if up else 0)).to_bytes(2)
        body += owner + struct.pack("!HHIH", wire.SOA, 1, 60, 22) + bytes(22)
        authority = 1
    rcode = 0 if truth.exists else wire.NXDOMAIN
    option = struct.pack("!HHH", 15, 2, ede) if ede else b""
    if query.has_edns:
        body += b"\0" + struct.pack("!HHIH", wire.OPT, 1232, 0, len(option)) + option
    flags = 0x8080 | aa << 10 | query.rd << 8 | rcode
    counts = struct.pack("!HHHHH", flags, 1, count, authority, int(query.has_edns))
    return query.data[:2] + counts + query.section + body


def referral(query: Query, hosts: tuple[bytes, ...]) -> bytes:
    """What a server of the zone above says: who serves the name."""
    body = b"".join(
        b"\xc0\x0c" + struct.pack("!HHIH", wire.NS, 1, 60, len(host)) + host for host in hosts
    )
    counts = struct.pack("!HHHHH", 0x8000, 1, 0, len(hosts), 0)
    return query.data[:2] + counts + query.section + body


def error(query: Query, rcode: int, ede: int = 0) -> bytes:
    """A response with a code and nothing else; what is above fifteen stands in the OPT record."""
    counts = struct.pack("!HHHHH", 0x8080 | rcode & 0xF, 1, 0, 0, 1 if rcode > 15 or ede else 0)
    option = struct.pack("!HHH", 15, 2, ede) if ede else b""
    opt = struct.pack("!BHHBBHH", 0, wire.OPT, 1232, rcode >> 4, 0, 0, len(option)) + option
    return query.data[:2] + counts + query.section + (opt if rcode > 15 or ede else b"")


def faulty(kind: str, query: Query, good: bytes, *, rng: random.Random) -> list[bytes]:
    """The messages that a fault of that name makes of the good one."""
    end = 12 + len(query.section)
    flipped = bytes((good[0] ^ rng.randrange(1, 256), good[1]))
    evil = struct.pack("!HHHHH", 0x8580, 1, 1, 0, 0)
    body = b"\xc0\x0c" + struct.pack("!HHIH", query.rdtype, 1, 60, len(EVIL)) + EVIL
    other = b"\1" + query.section[1:2] + query.section
    if kind in RCODES:
        return [error(query, RCODES[kind], 6 if kind == "bogus" else 0)]
    if kind == "badvers":
        return [error(query, 16)]
    if kind == "wrong id":
        return [flipped + evil + query.section + body]
    if kind == "wrong question":
        return [good[:2] + evil + other + body]
    if kind == "evil first":
        return [good[:2] + evil + other + body, flipped + evil + query.section + body, good]
    if kind == "truncated":
        return [good[:2] + bytes((good[2] | 2,)) + good[3:6] + bytes(6) + good[12:end]]
    if kind == "folded":
        return [good[:12] + query.section[:-4].lower() + good[end - 4 :]]
    if kind == "malformed":
        return [good[: max(end, len(good) - 3)] if good[6:12] != bytes(6) else good[: end - 1]]
    if kind == "garbage":
        return [good[:2] + rng.randbytes(rng.randrange(0, 60))] if rng.random() < 0.9 else [b"x"]
    if kind == "bare error":
        return [good[:2] + b"\x80" + bytes((rng.choice((1, 2, 4, 5, 9)),)) + bytes(8)]
    if kind == "bare denial":
        return [good[:2] + b"\x84\x03" + bytes(8)]
    if kind == "not a reply":
        return [good[:2] + bytes((good[2] & 0x7F,)) + good[3:]]
    if kind == "echo":
        return [query.data]
    return [good, good] if kind == "twice" else [good]
