"""Rules about the NS set: how many, and what the records name."""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.ns.evidence import RFC, SOUND, at, swap, told
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import host_of, ns_of, ns_where, server_at
from dnstats.records.ns import NameServer, Ns


@rule(
    "NS001",
    Severity.CRITICAL,
    reference=f"{RFC}1034#section-4.2.1",
    passes=[SOUND, {"ns": None}],
    fails=[{"ns": ns_of({})}],
)
def no_name_servers(ns: Ns) -> str | None:
    """The zone publishes no name servers.

    The apex has an SOA and no NS records, so resolvers that ask the zone itself learn that nobody
    serves it. Publish the NS set that the parent delegates to.
    """
    return f"no NS records at {ns.zone}" if not ns.names and not ns.malformed else None


@rule(
    "NS002",
    Severity.MEDIUM,
    reference=f"{RFC}2182#section-5",
    passes=[SOUND],
    fails=[{"ns": ns_of({"ns1.example.net": ("198.41.0.4",)})}],
)
def only_one_name_server(ns: Ns) -> str | None:
    """There is only one name server.

    When it is down, or its network is, the whole domain is gone, mail included. RFC 1034 section
    4.1 requires two. Add a second one elsewhere.
    """
    return f"only {ns.names[0]}" if len(ns.names) == 1 else None


@rule(
    "NS003",
    Severity.MEDIUM,
    reference=f"{RFC}2181#section-10.3",
    passes=[SOUND],
    fails=[{"ns": swap(ns_of(), 0, NameServer(host_of("ns1.example.net", alias="x.example.org")))}],
)
def name_server_is_an_alias(ns: Ns) -> str | None:
    """A name server's name is an alias (CNAME).

    Resolvers do not follow an alias here; some ignore the server. Name the host itself.
    """
    aliases = [one.host for one in ns.servers if one.host.alias]
    return ", ".join(f"{host.name} is an alias of {host.alias}" for host in aliases) or None


@rule(
    "NS012",
    Severity.MEDIUM,
    reference=f"{RFC}1035#section-3.3.11",
    passes=[SOUND],
    fails=[
        {"ns": ns_of({".": (), "ns2.example.net": ("199.9.14.201",)})},
        {"ns": ns_of({"192.0.2.1": (), "ns2.example.net": ("199.9.14.201",)})},
        {"ns": ns_of(malformed=1)},
    ],
)
def name_server_is_no_host(ns: Ns) -> str | None:
    """An NS record does not name a host.

    It holds the root, an IP address, or broken data; nobody can ask that. Name a host that has A
    and AAAA records.
    """
    faults = [f"{one.host.name} {one.fault}" for one in ns.servers if one.fault]
    if ns.malformed:
        faults.append(f"{ns.malformed} with data that is no name")
    return ", ".join(faults) or None


MANY = 7
"""More servers than this only make answers longer (RFC 2182 section 5 advises 7 at most)."""


@rule(
    "NS017",
    Severity.NOTICE,
    reference=f"{RFC}2182#section-5",
    passes=[SOUND],
    fails=[{"ns": ns_of(names=tuple(f"ns{n}.example.net" for n in range(8)))}],
)
def too_many_name_servers(ns: Ns) -> str | None:
    """There are more name servers than help.

    More than seven make every referral longer and one of them is always out of date.
    """
    return f"{len(ns.names)} name servers" if len(ns.names) > MANY else None


SHORT_TTL = 3600
"""Seconds. With less than an hour the set is fetched again all day long, and an outage of the
servers is felt at once; RFC 1912 section 2.2 advises days. A notice: before a move it is right."""


@rule(
    "NS022",
    Severity.NOTICE,
    reference=f"{RFC}1912#section-2.2",
    passes=[SOUND, {"ns": ns_of({})}],
    fails=[{"ns": ns_where(server_at("198.41.0.4", ttl=60))}],
)
def ns_ttl_is_short(ns: Ns) -> str | Abstain | None:
    """The NS set may be cached for less than an hour.

    Resolvers ask again and again, and an outage of the servers is felt at once. Raise the TTL to a
    day unless a move is near.
    """
    short = [one for one in ns.addresses if one.ttl is not None and one.ttl < SHORT_TTL]
    return told(ns, ", ".join(f"{at([one])}: TTL {one.ttl} s" for one in short))


@rule(
    "NS023",
    Severity.LOW,
    reference=f"{RFC}1123#section-2.1",
    passes=[SOUND, {"ns": ns_of({"1.ns-a.example": ("198.41.0.4",)})}],
    fails=[{"ns": ns_of({"ns_1.example": ("198.41.0.4",)})}],
)
def name_server_name_is_no_host_name(ns: Ns) -> str | None:
    """A name server's name has characters that host names may not have.

    Letters, digits and hyphens are safe everywhere; some resolvers and registries refuse others,
    underscores too. Rename the host.
    """
    odd = [one.host.name for one in ns.servers if not one.fault and not _is_host(one.host.name)]
    return ", ".join(odd) or None


def _is_host(name: str) -> bool:
    labels = name.split(".")
    return all(
        label.replace("-", "").isalnum() and label[0] != "-" and label[-1] != "-"
        for label in labels
    )
