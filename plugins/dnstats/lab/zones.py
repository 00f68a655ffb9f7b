"""Names and their records: what a site's truth, and the shared hosts, look like as zone data.

Builds RDATA from a Truth; makes no decision that the Truth does not hold, but for addresses and
timers. A node is {type number: [RDATA]}; names are lowercase text without a final dot.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

import msgspec

from dnstats.lab import certificates, rdata
from dnstats.lab.chance import Chance
from dnstats.lab.delegation import place, servers
from dnstats.lab.labels import fits, split, wire
from dnstats.lab.providers import (
    ALIAS_SUFFIXES,
    MAIL_SUFFIXES,
    host_address,
    host_address6,
    mail_hosts,
    report_accepted,
    server_address,
    spf_hosts,
    spf_record,
)
from dnstats.lab.signing import Signer
from dnstats.lab.truth import Truth
from dnstats.lab.world import ALIAS_CAA

Node = dict[int, list[bytes]]
SPF_A = re.compile(r"(?:^|\s)[-+~?]?(?:a|mx):([a-z0-9._-]+)")
TIMERS = ((10000, 2400, 604800, 1800), (7200, 900, 1209600, 86400), (86400, 7200, 3600000, 172800),
          (900, 900, 1800, 60), (3600, 600, 604800, 300), (43200, 7200, 1209600, 3600))  # fmt: skip


class Site(msgspec.Struct, frozen=True):
    """The part of the name space that one site owns: its nodes, and its wildcard's records."""

    truth: Truth
    nodes: dict[str, Node]
    wildcard: Node | None


@lru_cache(maxsize=16384)
def soa(seed: int, zone: str, serial_offset: int = 0) -> bytes:
    """Return the SOA RDATA of a zone; `serial_offset` is for a server that lags behind."""
    chance = Chance(seed, zone)
    hosts = servers(seed, zone)
    rname = f"hostmaster.{zone}".rstrip(".")
    serial = 2026010100 + chance.number("serial") % 90000 - serial_offset
    if not hosts or not fits(rname):
        rname = "hostmaster.nic.com"
    mname = hosts[0].host if hosts else "ns1.nic.com"
    return rdata.soa(mname, rname, serial, chance.pick("timers", TIMERS))


def _host(seed: int, name: str, six: bool = True) -> Node:
    node: Node = {rdata.A: [rdata.address(host_address(seed, name))]}
    if six and Chance(seed, name).below("has ipv6", 0.35):
        node[rdata.AAAA] = [rdata.address(host_address6(seed, name))]
    return node


def _server(seed: int, name: str, address: str) -> Node:
    node: Node = {rdata.A: [rdata.address(address)]}
    if Chance(seed, name).below("server ipv6", 0.6):
        node[rdata.AAAA] = [rdata.address("2001:db8:53:1::" + address.rpartition(".")[2])]
    return node


def shared(seed: int, name: str) -> Node | None:
    """Return the records of a shared host; None when the name is none."""
    domain, _, host = name.partition("._report._dmarc.")
    if host:
        return (
            {rdata.TXT: [rdata.txt([b"v=DMARC1;"])]}
            if report_accepted(seed, domain, host)
            else None
        )
    address = server_address(name)
    node: Node = _server(seed, name, address) if address else {}
    if not node and (name in mail_hosts() or name.endswith(MAIL_SUFFIXES + ALIAS_SUFFIXES)):
        node = _host(seed, name)
    if name.endswith(".azureedge.net"):
        node[rdata.CAA] = [rdata.caa(*value) for value in ALIAS_CAA]
    if name in spf_hosts() or (name.startswith("spf-") and name.endswith(".pphosted.com")):
        record = spf_record(seed, name)
        if record:
            node[rdata.TXT] = [rdata.txt(rdata.strings_of(record.encode()))]
    return node or None


def _https(seed: int, domain: str, host: str) -> bytes:
    """Return the HTTPS record of a site's host; one hint in ten is of a server that has moved."""
    chance = Chance(seed, domain)
    moved = chance.below("hint is stale", 0.1)
    hint = "192.88.99.1" if moved else host_address(seed, host)
    alias = f"0 www.{domain}." if host == domain else "1 ."  # no alias of itself
    text = chance.pick("https", ('1 . alpn="h3,h2"', '1 . alpn="h2"', alias,
                                 f'1 . alpn="h3,h2" ipv4hint={hint}'))  # fmt: skip
    return rdata.from_text(rdata.HTTPS, text)


def _apex(seed: int, truth: Truth, node: Node) -> None:
    """Add what is at the site's own name."""
    node.update(_host(seed, truth.domain))
    if truth.mx:
        node[rdata.MX] = [rdata.mx(preference, host) for preference, host in truth.mx]
    if truth.txt:
        node[rdata.TXT] = [rdata.txt(strings) for strings in truth.txt]
    own_caa = certificates.caa(seed, truth.domain, place(seed, truth.domain))
    if own_caa:
        node[rdata.CAA] = [rdata.caa(*value) for value in own_caa]
    if truth.https:
        node[rdata.HTTPS] = [_https(seed, truth.domain, truth.domain)]


def _zone(seed: int, truth: Truth, node: Node, signer: Signer) -> None:
    """Add what only the top of a zone has."""
    domain, chance = truth.domain, Chance(seed, truth.domain)
    node[rdata.NS] = [wire(server.host) for server in truth.servers]
    node[rdata.SOA] = [soa(seed, domain)]
    keys = signer.dnskeys(domain)
    if keys:
        node[rdata.DNSKEY] = keys
        if chance.below("nsec3", 0.4):
            iterations = 10 if chance.below("iterations", 0.3) else 0
            salt = b"\xab\xcd" if iterations else b""
            node[rdata.NSEC3PARAM] = [bytes((1, 0, 0, iterations, len(salt))) + salt]
    if truth.cds:
        node[rdata.CDS], node[rdata.CDNSKEY] = signer.ds(domain), keys[:1]


def _mail_nodes(seed: int, truth: Truth, nodes: dict[str, Node]) -> None:
    """Add the mail hosts below the site, and the hosts its SPF record names."""
    domain = truth.domain
    hosts = [host for _, host in truth.mx]
    hosts += SPF_A.findall(" ".join(text.decode() for text in truth.spf).lower())
    for host in dict.fromkeys(hosts):
        if not host.endswith("." + domain) or host.startswith("mx-gone.") or not fits(host):
            continue
        if host.startswith("mx-alias."):
            nodes[host] = {rdata.CNAME: [wire(f"mail.{domain}")]}
            nodes[f"mail.{domain}"] = _host(seed, f"mail.{domain}")
        elif host not in nodes:
            nodes[host] = _host(seed, host)
    for host in truth.tlsa_hosts:
        digest = hashlib.sha256(host.encode()).digest()
        nodes[f"_25._tcp.{host}"] = {rdata.TLSA: [rdata.tlsa(3, 1, 1, digest)]}
    for name, text in truth.below:
        nodes.setdefault(name, {})[rdata.TXT] = [rdata.txt(rdata.strings_of(text))]


def _policy_nodes(seed: int, truth: Truth, nodes: dict[str, Node]) -> None:
    """Add the names below the site that hold policies."""
    domain = truth.domain
    for name, texts in (
        ("_dmarc", truth.dmarc + truth.dmarc_other), ("default._bimi", (truth.bimi,)),
        ("_mta-sts", (truth.mta_sts,)), ("_smtp._tls", (truth.tls_rpt,)),
    ):  # fmt: skip
        found = [rdata.txt(rdata.strings_of(text)) for text in texts if text is not None]
        if found:
            nodes[f"{name}.{domain}"] = {rdata.TXT: found}
    if truth.mta_sts:
        nodes[f"mta-sts.{domain}"] = _host(seed, f"mta-sts.{domain}")
    if truth.msdcs:
        timers = (900, 600, 86400, 3600)
        nodes[f"_msdcs.{domain}"] = {
            rdata.SOA: [rdata.soa(f"dc1.{domain}", f"hostmaster.{domain}", 7, timers)]
        }


def _close(domain: str, nodes: dict[str, Node]) -> None:
    """Add the empty names between the site and its records (RFC 8020: they exist)."""
    for name in list(nodes):
        while name != domain:
            name = name.partition(".")[2]
            nodes.setdefault(name, {})


def site(seed: int, truth: Truth, signer: Signer) -> Site:
    """Build the zone data of one site that is not NXDOMAIN."""
    domain, top = truth.domain, Node()
    nodes: dict[str, Node] = {domain: top}
    if truth.fate == "alias_loop":
        back = truth.alias or f"a-loop.{domain}"
        nodes[domain] = {rdata.CNAME: [wire(back if fits(back) else domain)]}
        if not truth.alias and fits(back):
            nodes[back] = {rdata.CNAME: [wire(domain)]}
        return Site(truth, nodes, None)
    if truth.alias is not None:
        top[rdata.CNAME] = [wire(truth.alias)]
    else:
        _apex(seed, truth, top)
        www = f"www.{domain}"
        if Chance(seed, domain).below("www alias", 0.4) and fits(www):
            nodes[www] = {rdata.CNAME: [wire(domain)]}
        elif fits(www):
            nodes[www] = _host(seed, www)
            if truth.https:
                nodes[www][rdata.HTTPS] = [_https(seed, domain, www)]
        _mail_nodes(seed, truth, nodes)
    if truth.zone == domain:
        _zone(seed, truth, top, signer)
        for server in truth.servers:
            if server.host.endswith("." + domain):  # one that is gone exists without an address,
                found = server.address  # so that a wildcard does not give it one
                nodes[server.host] = _server(seed, server.host, found) if found else {}
    _policy_nodes(seed, truth, nodes)
    address = server_address(domain)
    if address:
        top.update(_server(seed, domain, address))
    _close(domain, nodes)
    wild: dict[str, Node] = {
        "txt": {rdata.TXT: [rdata.txt([b"wildcard of " + split(domain)[0].encode()[:200]])]},
        "a": _host(seed, f"*.{domain}"), "cname": {rdata.CNAME: [wire(domain)]},
    }  # fmt: skip
    return Site(truth, nodes, wild.get(truth.wildcard or ""))
