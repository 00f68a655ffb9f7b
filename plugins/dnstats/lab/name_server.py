"""The authoritative side: root and suffix servers, and sites' servers good and bad.

Pure; which address plays which part is decided in `answering`.
"""

from __future__ import annotations

from dnstats.lab import delegation, message, rdata
from dnstats.lab.chance import Chance
from dnstats.lab.labels import split, suffix_exists, wire
from dnstats.lab.lookup import FORMERR, NOERROR, REFUSED, Found, RRset, World
from dnstats.lab.message import AA, Query
from dnstats.lab.proof import proved, signed, undelegated
from dnstats.lab.providers import DNS_PROVIDERS
from dnstats.lab.truth import Server


class NameServer:
    """Answers as the name servers of one World do."""

    def __init__(self, world: World) -> None:
        self.world = world

    def registry(self, data: bytes, query: Query) -> bytes:
        """Answer as root and suffix server: own data, DS, or a referral with glue."""
        organisation, _ = split(query.name)
        if organisation and not (query.name == organisation and query.rdtype == rdata.DS):
            known = self.world.truth(organisation)
            if known.fate != "nxdomain":
                return self._referral(data, query, organisation)
        found = self.world.registry(query.name, query.rdtype)
        sections = proved(self.world.signer, query, found)
        return message.write(data, query, AA, found.rcode, sections)

    def _referral(self, data: bytes, query: Query, zone: str) -> bytes:
        """Refer to a zone's servers: NS, DS when asked with DO, glue.

        Glue for hosts outside of the zone too: operators' zones are served by each other's hosts,
        and a resolver that recurses would find no way in.
        """
        parent = split(zone)[1] if split(zone)[0] == zone else split(zone)[0]
        authority = [self.world.ns(zone)]
        ds = self.world.signer.ds(zone) if query.dnssec_ok else []
        if ds:
            authority += signed(
                self.world.signer, query, [RRset(zone, rdata.DS, 3600, tuple(ds), parent)]
            )
        else:
            authority += undelegated(self.world.signer, query, zone, parent)
        glue = []
        for server in delegation.servers(self.world.seed, zone):
            if server.address:
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

    def answer(self, address: str, data: bytes, query: Query, tcp: bool) -> bytes | None:
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
        sections = proved(self.world.signer, query, found)
        made = message.write(data, query, flags, found.rcode, sections)
        return message.truncate(made, query) if behaviour == "truncates" and not tcp else made

    def _zone_data(self, query: Query, zone: str, behaviour: str) -> Found:
        """Look up in the zone, then twist the NS set or the SOA of a server that differs."""
        if query.rdtype == rdata.DS and query.name == zone:  # a child does not hold its own DS
            return Found(NOERROR, [], [self.world.soa(zone)], zone)
        found = self.world.look(query.name, query.rdtype)
        for at, rrset in enumerate(found.answer):
            if behaviour == "different_ns" and rrset.rdtype == rdata.NS:
                found.answer[at] = rrset._replace(
                    rdatas=other_ns(self.world.seed, zone, rrset.rdatas)
                )
            elif behaviour == "different_soa" and rrset.rdtype == rdata.SOA and rrset.owner == zone:
                found.answer[at] = self.world.soa(zone, rrset.ttl, behind=1)
        return found


def other_ns(seed: int, zone: str, hosts: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """Return an NS set that is not the delegated one: one host has been exchanged."""
    other = Chance(seed, zone).pick("other ns", DNS_PROVIDERS).groups[0][0]
    if wire(other) in hosts:
        return hosts[1:] if len(hosts) > 1 else (wire("ns-new.nic.com"),)
    return (*hosts[:-1], wire(other))
