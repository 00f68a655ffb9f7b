"""The whole name space of a practice internet: which zone a name is in and what is there.

Pure functions of (seed, site list, now) behind caches; knows nothing of messages or sockets.
Organisations exist whether listed or not; a name below one is a site only when it, or a name
below it, is on the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import msgspec

from dnstats.lab import delegation, rdata, zones
from dnstats.lab.labels import parents, split, suffix_exists, wire
from dnstats.lab.providers import registry_hosts
from dnstats.lab.signing import Signer
from dnstats.lab.truth import Truth
from dnstats.lab.world import truth
from dnstats.lab.zones import Node, Site

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = 0, 1, 2, 3, 4, 5
TTL, NEGATIVE_TTL = 3600, 900
EDE_OF_CASE = {"expired": 7, "no_dnskey": 9, "wrong_ds": 6, "no_rrsig": 10}
LONGEST_CHAIN = 9


class RRset(NamedTuple):
    """Records of one name and type; `zone` signs them."""

    owner: str
    rdtype: int
    ttl: int
    rdatas: tuple[bytes, ...]
    zone: str


class Found(msgspec.Struct):
    """What a look-up brings.

    `ede` is set with SERVFAIL; `types` are those at a NODATA name; `above` is the nearest name that
    exists above one that does not.
    """

    rcode: int
    answer: list[RRset]
    authority: list[RRset]
    zone: str
    types: tuple[int, ...] = ()
    above: str = ""
    ede: int | None = None
    secure: bool = False


class World:
    """One practice internet: a seed, a site list, a day."""

    def __init__(self, seed: int, sites: Iterable[str], now: int) -> None:
        """`now`: seconds since the epoch, for signatures; a malformed name raises ValueError."""
        self.seed = seed
        self.signer = Signer(seed, now)
        self.sites: set[str] = set()
        for domain in sites:
            organisation = split(domain)[0]
            truth_name = domain if domain == domain.lower() and domain else None
            if truth_name is None:
                raise ValueError(f"not a lowercase domain name: {domain!r}")
            wire(domain)
            self.sites.update((domain, *parents(domain, organisation or domain)))
        self.site = lru_cache(maxsize=16384)(self._site)

    def truth(self, domain: str) -> Truth:
        """Return what is true of a site."""
        return truth(self.seed, domain)

    def _site(self, domain: str) -> Site:
        return zones.site(self.seed, self.truth(domain), self.signer)

    def site_of(self, name: str, organisation: str) -> str:
        """Return the site a name belongs to: the nearest listed one, else the organisation."""
        while name != organisation:
            if name in self.sites:
                return name
            name = name.partition(".")[2]
        return organisation

    def soa(self, zone: str, ttl: int = NEGATIVE_TTL, behind: int = 0) -> RRset:
        """Return a zone's SOA."""
        return RRset(zone, rdata.SOA, ttl, (zones.soa(self.seed, zone, behind),), zone)

    def ns(self, zone: str) -> RRset:
        """Return a zone's NS set."""
        hosts = [server.host for server in delegation.servers(self.seed, zone)]
        return RRset(zone, rdata.NS, TTL, tuple(wire(host) for host in hosts), zone)

    def _negative(
        self, rcode: int, zone: str, types: tuple[int, ...] = (), above: str = ""
    ) -> Found:
        return Found(rcode, [], [self.soa(zone)], zone, types, above)

    def registry(self, name: str, rdtype: int) -> Found:
        """Look up what the root and the suffixes hold themselves: NS, SOA, DNSKEY, DS."""
        organisation, suffix = split(name)
        if name and not suffix_exists(suffix):
            return self._negative(NXDOMAIN, "")
        node: Node = {}
        zone = suffix if name else ""
        if organisation:
            if self.truth(organisation).fate == "nxdomain":
                return self._negative(NXDOMAIN, zone, above=zone)
            ds = self.signer.ds(name) if name == organisation else []
            node = {rdata.DS: ds} if ds else {}
            node[rdata.NS] = []
        else:
            hosts = [wire(host) for host in registry_hosts(name)]
            node = {rdata.NS: hosts, rdata.SOA: list(self.soa(name).rdatas),
                    rdata.DNSKEY: self.signer.dnskeys(name)}  # fmt: skip
            if rdtype == rdata.DS and name:
                zone = name.partition(".")[2]
                node[rdata.DS] = self.signer.ds(name)
        return self._at(name, rdtype, node, zone)

    def _at(self, name: str, rdtype: int, node: Node, zone: str) -> Found:
        """Answer from a node that exists."""
        if rdata.CNAME in node and rdtype != rdata.ANY:
            rdtype = rdata.CNAME
        wanted = list(node) if rdtype == rdata.ANY else [rdtype]
        answer = [RRset(name, t, TTL, tuple(node[t]), zone) for t in wanted if node.get(t)]
        if answer:
            return Found(NOERROR, answer, [], zone)
        return self._negative(NOERROR, zone, tuple(t for t in node))

    def look(self, name: str, rdtype: int) -> Found:
        """Look a name up in the zone that holds it, following nothing, failing nothing."""
        organisation, suffix = split(name)
        if not organisation or not suffix_exists(suffix):
            return self.registry(name, rdtype)
        at = self.site_of(name, organisation)
        known = self.truth(at)
        if known.fate == "nxdomain":
            return self._negative(NXDOMAIN, suffix, above=suffix)
        if rdtype == rdata.DS and known.zone == name:
            if name == organisation:
                return self.registry(name, rdtype)
            return self._negative(NOERROR, delegation.zone_of(self.seed, name.partition(".")[2]))
        data = self.site(at)
        node = data.nodes.get(name)
        if node is None:
            node = zones.shared(self.seed, name)
        if node is None and data.wildcard is not None and self._encloser(name, data) == at:
            node = data.wildcard
        if node is None:
            return self._negative(NXDOMAIN, known.zone, above=self._encloser(name, data))
        return self._at(name, rdtype, node, known.zone)

    @staticmethod
    def _encloser(name: str, data: Site) -> str:
        """Return the closest name above `name` that exists (RFC 4592)."""
        while name not in data.nodes:
            name = name.partition(".")[2]
        return name

    def failure(self, name: str, rdtype: int, checking: bool) -> int | None:
        """Return the EDE code (RFC 8914) with which a resolver fails on a name, None if it works.

        `checking`: it validates, that is, CD is not set.
        """
        organisation, suffix = split(name)
        if not organisation or not suffix_exists(suffix):
            return None
        fate = delegation.fate(self.seed, organisation)
        of_parent = rdtype == rdata.DS and name == organisation
        if fate == "servfail" and not of_parent:
            return 22
        case = delegation.dnssec_case(self.seed, organisation)
        if checking and not of_parent and case in EDE_OF_CASE:
            shared = delegation.is_shared_host(name)
            return None if shared else EDE_OF_CASE[case]
        return None

    def resolve(self, name: str, rdtype: int, checking: bool = True) -> Found:
        """Look a name up as a recursive resolver does: failing, following CNAMEs."""
        chain: list[RRset] = []
        secure, seen = True, set()
        while True:
            ede = self.failure(name, rdtype, checking)
            if ede is not None:
                return Found(SERVFAIL, [], [], "", ede=ede)
            found = self.look(name, rdtype)
            secure = secure and delegation.dnssec_state(self.seed, found.zone) == "secure"
            seen.add(name)
            last = found.answer[0] if found.answer else None
            if last is None or last.rdtype != rdata.CNAME or rdtype in (rdata.CNAME, rdata.ANY):
                break
            chain += found.answer
            name = text_of(last.rdatas[0])
            if name in seen or len(seen) > LONGEST_CHAIN:
                return Found(SERVFAIL, [], [], "", ede=0)
        found.answer, found.secure = chain + found.answer, secure
        return found


def text_of(raw: bytes) -> str:
    """Return the text of an uncompressed name in wire form."""
    labels, at = [], 0
    while raw[at]:
        labels.append(raw[at + 1 : at + 1 + raw[at]].decode("latin-1"))
        at += raw[at] + 1
    return ".".join(labels)
