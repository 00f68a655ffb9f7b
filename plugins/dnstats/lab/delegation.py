"""Where a site is: its fate, its zone, its name servers, its DNSSEC.

Seeded choices only, with the frequencies of real top-1M lists and of the .gov zone (2026): 2.7 %
NXDOMAIN, 0.5 % SERVFAIL, 70 % with two name servers, 8 % signed. Builds no records.
"""

from __future__ import annotations

from functools import lru_cache

from dnstats.lab.chance import Chance
from dnstats.lab.labels import fits, parents, split, suffix_exists
from dnstats.lab.providers import (
    DNS_PROVIDERS,
    OWN_POOL,
    REGISTRY,
    SILENT_POOL,
    mail_hosts,
    registry_hosts,
    reserved,
    server_address,
    server_addresses,
    spf_hosts,
)
from dnstats.lab.truth import Server

NS_COUNTS = {1: 0.2, 2: 70.2, 3: 6, 4: 16, 5: 2.4, 6: 4.8, 7: 0.4}
OWN_WEIGHT = 26.0
BAD_SERVER = 0.06
BEHAVIOURS = {
    "refused": 22, "lame": 12, "upward": 10, "silent": 16, "different_ns": 14,
    "different_soa": 12, "truncates": 5, "no_edns": 4, "unresolvable": 5,
}  # fmt: skip
DNSSEC_SHARE = 0.08
DNSSEC_CASES = {
    "ecdsa": 64, "rsa": 20, "ed25519": 4, "sha1_ds": 3, "sha1_algorithm": 4, "no_ds": 3,
    "expired": 0.7, "no_dnskey": 0.6, "wrong_ds": 0.4, "no_rrsig": 0.3,
}  # fmt: skip
BOGUS = frozenset(("expired", "no_dnskey", "wrong_ds", "no_rrsig"))
SECURE = frozenset(("ecdsa", "rsa", "ed25519", "sha1_ds", "registry"))


def is_reserved(organisation: str) -> bool:
    """Say whether shared hosts live here, so that the organisation must work."""
    return organisation in reserved() or organisation.startswith("nic.")


def is_shared_host(name: str) -> bool:
    """Say whether the name is one of the shared hosts."""
    return name in spf_hosts() or name in mail_hosts() or server_address(name) is not None


@lru_cache(maxsize=65536)
def fate(seed: int, domain: str) -> str:
    """Return ok, nxdomain, servfail or alias_loop; what fails an organisation fails all below."""
    organisation, suffix = split(domain)
    if not suffix_exists(suffix) or organisation.startswith("_"):
        return "nxdomain"
    if not organisation or is_reserved(organisation):
        return "ok"
    share = Chance(seed, organisation).share("fate")
    if share < 0.027:
        return "nxdomain"
    if share < 0.032:
        return "servfail"
    return "alias_loop" if Chance(seed, domain).below("alias loop", 0.001) else "ok"


def place(seed: int, domain: str) -> str:
    """Return how a site is placed: suffix, zone (of its own), inside (a parent's zone), alias."""
    organisation, _ = split(domain)
    if not organisation:
        return "suffix"
    if organisation == domain:
        return "zone"
    if is_shared_host(domain):
        return "inside"
    return Chance(seed, domain).weighted("place", {"inside": 60, "alias": 25, "zone": 15})


@lru_cache(maxsize=65536)
def zone_of(seed: int, domain: str) -> str:
    """Return the zone that holds a site's records."""
    organisation, suffix = split(domain)
    if not organisation:
        return suffix
    for name in (domain, *parents(domain, organisation)):
        if place(seed, name) == "zone":
            return name
    return organisation


def _hosts(chance: Chance, zone: str) -> list[tuple[str, str]]:
    """Choose the hosts and their addresses, all as they should be."""
    count = chance.weighted("ns count", NS_COUNTS)
    weights: dict[str, float] = {p.name: p.weight for p in DNS_PROVIDERS if p.count == count}
    if not is_reserved(zone):  # whose host names are taken by the shared servers
        weights["own"] = OWN_WEIGHT
    name = chance.weighted("dns provider", weights) if weights else "cloudflare"
    if name != "own" or not fits(f"ns-gone.{zone}"):
        provider = next((p for p in DNS_PROVIDERS if p.name == name), DNS_PROVIDERS[0])
        groups = provider.groups
        if len(groups) == 1:
            chosen = chance.several("ns", groups[0], provider.count)
        else:
            chosen = [chance.pick(f"ns{n}", group) for n, group in enumerate(groups)]
        return [(host, server_addresses()[host]) for host in chosen]
    pool = chance.several("ns address", OWN_POOL, count)
    return [(f"ns{n}.{zone}", address) for n, address in enumerate(pool, 1)]


@lru_cache(maxsize=65536)
def servers(seed: int, zone: str) -> tuple[Server, ...]:
    """Return the name servers of a zone; about 6 % of zones have one that misbehaves."""
    if not split(zone)[0]:
        hosts = registry_hosts(zone)
        return tuple(Server(h, a, "ok") for h, a in zip(hosts, REGISTRY, strict=True))
    chance = Chance(seed, zone)
    hosts_ = _hosts(chance, zone)
    if fate(seed, zone) == "servfail":
        return tuple(Server(host, address, "refused") for host, address in hosts_)
    found = [Server(host, address, "ok") for host, address in hosts_]
    if len(found) > 1 and chance.below("bad server", BAD_SERVER):
        found[-1] = _bad(chance, zone, found[-1])
    return tuple(found)


def _bad(chance: Chance, zone: str, server: Server) -> Server:
    behaviour = chance.weighted("behaviour", BEHAVIOURS)
    if not fits(f"ns-gone.{zone}") and behaviour in ("silent", "unresolvable"):
        behaviour = "refused"
    if behaviour == "silent":
        return Server(f"ns-old.{zone}", chance.pick("silent", SILENT_POOL), behaviour)
    if behaviour == "unresolvable":
        literal = chance.below("literal", 0.3)
        return Server("192.0.2.53" if literal else f"ns-gone.{zone}", None, behaviour)
    return Server(server.host, server.address, behaviour)


@lru_cache(maxsize=65536)
def dnssec_case(seed: int, zone: str) -> str:
    """Return how a zone is signed (the cases of Truth.dnssec_case)."""
    organisation, _ = split(zone)
    if not organisation:
        return "registry"
    unsigned = organisation != zone or is_reserved(organisation) or fate(seed, zone) != "ok"
    chance = Chance(seed, zone)
    if unsigned or not chance.below("dnssec", DNSSEC_SHARE):
        return "unsigned"
    return chance.weighted("dnssec case", DNSSEC_CASES)


@lru_cache(maxsize=65536)
def dnssec_state(seed: int, zone: str) -> str:
    """Return what a validating resolver concludes of a zone: secure, insecure or bogus."""
    organisation, _ = split(zone)
    above = dnssec_case(seed, organisation) if organisation else "registry"
    if above in BOGUS:
        return "bogus"
    return "secure" if dnssec_case(seed, zone) in SECURE else "insecure"
