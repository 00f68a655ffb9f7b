"""From query bytes and the address asked to response bytes, or None for silence.

Pure but for its cache: no sockets, no clock, no loss (that is `serve`). The role follows from the
address: a resolver, the registry (root and suffixes), a silent server, or a name server.
"""

from __future__ import annotations

import struct

from dnstats.lab import delegation, message, rdata
from dnstats.lab.chance import Chance
from dnstats.lab.labels import split, suffix_exists, wire
from dnstats.lab.lookup import FORMERR, NOERROR, NOTIMP, NXDOMAIN, REFUSED, Found, RRset, World
from dnstats.lab.message import AA, AD, CD, RA, Query
from dnstats.lab.providers import DNS_PROVIDERS, REGISTRY, RESOLVERS, SILENT_POOL
from dnstats.lab.truth import Server
from dnstats.lab.world import unanswered_question

CACHE_SIZE = 100_000
TYPE_NAMES = {number: name for name, number in rdata.NUMBERS.items()}


class Answerer:
    """Answers for every address of one World; keeps the responses it has built."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._cache: dict[tuple[object, ...], bytes | None] = {}

    def answer(self, address: str, data: bytes, tcp: bool = False) -> bytes | None:
        """Return the response of the server at `address` to `data`, None when it stays silent."""
        end = data.find(b"\0", 12) + 5
        key = (address, tcp, data[2:12], data[12:end].lower(), data[end:])
        if key in self._cache:
            kept = self._cache[key]
            return kept and data[:2] + kept[2:12] + data[12:end] + kept[end:]
        made, asked_end = self._build(address, data, tcp)
        if asked_end == end:  # the key is exact only for a question that was read to its end
            if len(self._cache) >= CACHE_SIZE:
                self._cache.clear()
            self._cache[key] = made
        return made

    def _build(self, address: str, data: bytes, tcp: bool) -> tuple[bytes | None, int]:
        if len(data) < 12 or data[2] & 0x80 or address in SILENT_POOL:
            return None, 0
        if data[2] & 0x78:
            return message.formerr(data, NOTIMP), 0
        query = message.read(data)
        if query is None:
            return message.formerr(data), 0
        made = self._response(address, data, query, tcp)
        if made is not None and not tcp and len(made) > query.size:
            made = message.truncate(made, query)
        return made, query.end

    def _response(self, address: str, data: bytes, query: Query, tcp: bool) -> bytes | None:
        if query.rdclass != 1 or query.rdtype in (251, 252):
            return message.write(data, query, 0, REFUSED)
        if address in RESOLVERS:
            return self._resolved(data, query)
        if address in REGISTRY:
            return self._registered(data, query)
        return self._served(address, data, query, tcp)

    def _signed(self, query: Query, rrsets: list[RRset]) -> list[RRset]:
        """Add the signatures when they were asked for."""
        if not query.dnssec_ok:
            return rrsets
        found = []
        for rrset in rrsets:
            found.append(rrset)
            owner, rdtype, ttl, rdatas, zone = rrset
            made = self.world.signer.rrsig(zone, owner, rdtype, ttl, rdatas)
            if made:
                found.append(RRset(owner, rdata.RRSIG, ttl, (made,), zone))
        return found

    def _denied(self, query: Query, found: Found) -> list[RRset]:
        """Return the authority section: for a signed denial with an NSEC made for it (RFC 9824)."""
        rrsets = list(found.authority)
        if rrsets and query.dnssec_ok and not found.answer and len(query.name) < 240:
            types = {*found.types, rdata.RRSIG, rdata.NSEC} | (
                {128} if found.rcode == NXDOMAIN else set()
            )
            raw = b"\x01\0" + wire(query.name) + _bitmap(types - {rdata.OPT})
            if found.zone == "" or ("." + query.name).endswith("." + found.zone):
                rrsets.append(RRset(query.name, rdata.NSEC, 900, (raw,), found.zone))
        signed = self._signed(query, rrsets)
        return signed if len(signed) > len(rrsets) else list(found.authority)

    def _resolved(self, data: bytes, query: Query) -> bytes | None:
        if self.never_answered(query.name, query.rdtype):
            return None
        found = self.world.resolve(query.name, query.rdtype, not query.flags & CD)
        flags = RA | (query.flags & CD)
        if found.secure and (query.dnssec_ok or query.flags & AD) and not query.flags & CD:
            flags |= AD
        sections = (self._signed(query, found.answer), self._denied(query, found), ())
        return message.write(data, query, flags, found.rcode, sections, found.ede)

    def never_answered(self, name: str, rdtype: int) -> bool:
        """Say whether a question is one of those that resolvers never answer."""
        organisation, suffix = split(name)
        if not organisation or not suffix_exists(suffix) or rdtype not in TYPE_NAMES:
            return False
        site = self.world.site_of(name, organisation)
        question = unanswered_question(self.world.seed, site)
        if question is None or question != (name, TYPE_NAMES[rdtype]):
            return False
        return self.world.truth(site).fate == "ok"

    def _registered(self, data: bytes, query: Query) -> bytes:
        """Answer as root and suffix server: own data, DS, or a referral with glue."""
        organisation, _ = split(query.name)
        if organisation and not (query.name == organisation and query.rdtype == rdata.DS):
            known = self.world.truth(organisation)
            if known.fate != "nxdomain":
                return self._referral(data, query, organisation)
        found = self.world.registry(query.name, query.rdtype)
        sections = (self._signed(query, found.answer), self._denied(query, found), ())
        return message.write(data, query, AA, found.rcode, sections)

    def _referral(self, data: bytes, query: Query, zone: str) -> bytes:
        """Refer to a zone's servers: NS, DS when asked with DO, glue for hosts inside it."""
        parent = split(zone)[1] if split(zone)[0] == zone else split(zone)[0]
        authority = [self.world.ns(zone)]
        ds = self.world.signer.ds(zone) if query.dnssec_ok else []
        if ds:
            authority += self._signed(query, [RRset(zone, rdata.DS, 3600, tuple(ds), parent)])
        glue = []
        for server in delegation.servers(self.world.seed, zone):
            if server.address and server.host.endswith("." + zone):
                raw = rdata.address(server.address)
                glue.append(RRset(server.host, rdata.A, 3600, (raw,), parent))
        return message.write(data, query, 0, NOERROR, ((), authority, glue))

    def _server(self, address: str, name: str) -> tuple[str, Server | None]:
        """Return the zone of a name and which of its servers has this address, if one does."""
        organisation, suffix = split(name)
        if not organisation or not suffix_exists(suffix):
            return "", None
        site = self.world.site_of(name, organisation)
        zone = delegation.zone_of(self.world.seed, site)
        if self.world.truth(organisation).fate == "nxdomain":
            return "", None
        found = [s for s in delegation.servers(self.world.seed, zone) if s.address == address]
        if not found and zone != organisation:
            parent = delegation.servers(self.world.seed, organisation)
            if any(server.address == address for server in parent):
                return zone, Server("", address, "parent")
        return zone, found[0] if found else None

    def _served(self, address: str, data: bytes, query: Query, tcp: bool) -> bytes | None:
        """Answer as a name server, as well as it behaves for the zone asked about."""
        zone, server = self._server(address, query.name)
        if server is None or server.behaviour == "refused":
            return message.write(data, query, 0, REFUSED)
        behaviour = server.behaviour
        if behaviour == "parent":
            return self._referral(data, query, zone)
        if behaviour == "upward":
            return message.write(data, query, 0, NOERROR, ((), [self.world.ns("")], ()))
        if behaviour == "no_edns" and query.edns:
            query.edns = False
            return message.write(data, query, 0, FORMERR)
        found = self._zone_data(query, zone, behaviour)
        flags = 0 if behaviour == "lame" else AA
        sections = (self._signed(query, found.answer), self._denied(query, found), ())
        made = message.write(data, query, flags, found.rcode, sections)
        return message.truncate(made, query) if behaviour == "truncates" and not tcp else made

    def _zone_data(self, query: Query, zone: str, behaviour: str) -> Found:
        """Look up in the zone, then twist the NS set or the SOA of a server that differs."""
        if query.rdtype == rdata.DS and query.name == zone:  # a child does not hold its own DS
            return Found(NOERROR, [], [self.world.soa(zone)], zone)
        found = self.world.look(query.name, query.rdtype)
        for at, rrset in enumerate(found.answer):
            if behaviour == "different_ns" and rrset.rdtype == rdata.NS:
                found.answer[at] = rrset._replace(rdatas=self._other_ns(zone, rrset.rdatas))
            elif behaviour == "different_soa" and rrset.rdtype == rdata.SOA and rrset.owner == zone:
                found.answer[at] = self.world.soa(zone, rrset.ttl, behind=1)
        return found

    def _other_ns(self, zone: str, hosts: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """Return an NS set that is not the delegated one: one host has been exchanged."""
        other = Chance(self.world.seed, zone).pick("other ns", DNS_PROVIDERS).groups[0][0]
        if wire(other) in hosts:
            return hosts[1:] if len(hosts) > 1 else (wire("ns-new.nic.com"),)
        return (*hosts[:-1], wire(other))


def _bitmap(types: set[int]) -> bytes:
    """Return the type bitmap of an NSEC record (RFC 4034 §4.1.2)."""
    out = b""
    for window in sorted({number >> 8 for number in types}):
        bits = bytearray(32)
        for number in types:
            if number >> 8 == window:
                bits[(number & 255) >> 3] |= 0x80 >> (number & 7)
        kept = bytes(bits).rstrip(b"\0")
        out += struct.pack("!BB", window, len(kept)) + kept
    return out
