"""Rules about where the name servers are."""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.ns.evidence import RFC, SOUND, at, swap
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import host_of, ns_of, ns_where, server_at
from dnstats.records.ip_address import network_of
from dnstats.records.name_server import Service
from dnstats.records.ns import NameServer, Ns
from dnstats.records.record import NotMeasured


@rule(
    "NS004",
    Severity.MEDIUM,
    reference=f"{RFC}1034#section-4.2.1",
    passes=[SOUND],
    fails=[
        {"ns": swap(ns_of(), 0, NameServer(host_of("ns1.example.net")))},
        {"ns": swap(ns_of(), 0, NameServer(host_of("ns1.example.net", exists=False)))},
    ],
)
def name_server_without_address(ns: Ns) -> str | Abstain | None:
    """A name server has no address.

    Nobody can ask it; every resolver that tries loses time. Correct its name or its A and AAAA
    records, or take it out of the set.
    """
    usable = [one.host for one in ns.servers if not one.fault]
    lost = [host for host in usable if host.is_without_address]
    if lost:
        return ", ".join(
            f"{host.name} {'has no address' if host.exists else 'does not exist'}" for host in lost
        )
    unknown = [host.name for host in usable if not host.addresses]
    return Abstain(f"addresses of {', '.join(unknown)}") if unknown else None


@rule(
    "NS005",
    Severity.MEDIUM,
    reference=f"{RFC}6890#section-2.2.2",
    passes=[SOUND],
    fails=[
        {"ns": ns_where(server_at("198.41.0.4", Service.NOT_ASKED, special="a private address"))}
    ],
)
def name_server_address_not_public(ns: Ns) -> str | None:
    """A name server's address is not a public one.

    Nobody outside can reach it: a private, loopback or otherwise special address. Publish the
    server's public address.
    """
    # Where the scan was told to ask such addresses (a private internet), they are not a fault.
    found = [one for one in ns.addresses if one.special and one.service is Service.NOT_ASKED]
    return ", ".join(f"{at([one])} is {one.special}" for one in found) or None


@rule(
    "NS013",
    Severity.MEDIUM,
    reference=f"{RFC}2182#section-3.1",
    passes=[
        SOUND,
        {"ns": ns_of({"ns1.example.net": ("198.41.0.4",)})},
        {"ns": ns_of({"ns1.example.net": ("198.41.0.4",), "ns2.example.net": ()})},
    ],
    fails=[{"ns": ns_of({"ns1.example.net": ("198.41.0.4",), "ns2.example.net": ("198.41.0.4",)})}],
)
def name_servers_share_one_address(ns: Ns) -> str | Abstain | None:
    """All name servers are one and the same address.

    Two names for one machine protect against nothing. Put a real second server elsewhere.
    """
    if len(ns.names) < 2:
        return None  # NS002 says it
    if unknown := _hosts_unknown(ns):
        return unknown
    reachable = [one.host for one in ns.servers if one.host.addresses]
    known = {address for host in reachable for address in host.addresses}
    if len(reachable) < 2 or len(known) != 1:
        return None  # one that has an address beside others that have none is NS004's
    return f"{', '.join(host.name for host in reachable)} are all {known.pop()}"


def _hosts_unknown(ns: Ns) -> Abstain | None:
    """What keeps rules about the whole set of addresses from telling."""
    unknown = [
        one.host.name
        for one in ns.servers
        if isinstance(one.host.v4, NotMeasured) or isinstance(one.host.v6, NotMeasured)
    ]
    return Abstain(f"addresses of {', '.join(unknown)}") if unknown else None


@rule(
    "NS014",
    Severity.LOW,
    reference=f"{RFC}2182#section-3.1",
    passes=[SOUND, {"ns": ns_of({"ns1.example.net": ("198.41.0.4",)})}],
    fails=[{"ns": ns_of({"ns1.example.net": ("198.41.0.4",), "ns2.example.net": ("198.41.0.5",)})}],
)
def name_servers_in_one_network(ns: Ns) -> str | Abstain | None:
    """All name servers are in one network.

    One broken line or one withdrawn route takes all of them away. Anycast providers with a single
    prefix have other protection; everybody else should put one server elsewhere.
    """
    if unknown := _hosts_unknown(ns):
        return unknown
    known = {address for one in ns.servers for address in one.host.addresses}
    networks = {network_of(address) for address in known}
    return f"all in {networks.pop()}" if len(known) > 1 and len(networks) == 1 else None


@rule(
    "NS015",
    Severity.HIGH,
    reference=f"{RFC}3901#section-4",
    passes=[SOUND],
    fails=[{"ns": ns_of({"a.example": ("2801:1b8:10::b",), "b.example": ("2801:1b8:11::b",)})}],
)
def no_ipv4_name_server(ns: Ns) -> str | Abstain | None:
    """No name server has an IPv4 address.

    Resolvers without IPv6 cannot find the domain at all. Give at least one server IPv4.
    """
    usable = [one.host for one in ns.servers if not one.fault]
    if any(host.v4 for host in usable if not isinstance(host.v4, NotMeasured)):
        return None
    if unknown := [host.name for host in usable if isinstance(host.v4, NotMeasured)]:
        return Abstain(f"IPv4 addresses of {', '.join(unknown)}")
    return "only IPv6 addresses" if any(host.v6 for host in usable) else None  # else NS004


@rule(
    "NS016",
    Severity.LOW,
    reference=f"{RFC}3901#section-4",
    passes=[SOUND],
    fails=[
        {"ns": ns_of({"ns1.example.net": ("198.41.0.4",), "ns2.example.net": ("199.9.14.201",)})}
    ],
)
def no_ipv6_name_server(ns: Ns) -> str | Abstain | None:
    """No name server has an IPv6 address.

    Resolvers on networks with IPv6 only reach the domain through translators, if at all. Give at
    least one server IPv6.
    """
    usable = [one.host for one in ns.servers if not one.fault]
    if any(host.v6 for host in usable if not isinstance(host.v6, NotMeasured)):
        return None
    if unknown := [host.name for host in usable if isinstance(host.v6, NotMeasured)]:
        return Abstain(f"IPv6 addresses of {', '.join(unknown)}")
    return "only IPv4 addresses" if any(host.v4 for host in usable) else None  # else NS004


@rule(
    "NS018",
    Severity.LOW,
    reference=f"{RFC}2182#section-3.1",
    passes=[SOUND],
    fails=[
        {
            "ns": ns_of(
                {
                    "a.example": ("198.41.0.4",),
                    "b.example": ("198.41.0.4",),
                    "c.example": ("199.9.14.201",),
                }
            )
        }
    ],
)
def name_servers_share_an_address(ns: Ns) -> str | None:
    """Two name servers have an address in common.

    They are counted as two and fail as one. Give each name a machine of its own.
    """
    known = {address for one in ns.servers for address in one.host.addresses}
    if len(known) == 1:
        return None  # NS013 says it
    shared = [one for one in ns.addresses if len(one.hosts) > 1]
    return at(shared) or None


@rule(
    "NS029",
    Severity.LOW,
    reference=f"{RFC}2182#section-5",
    passes=[SOUND, {"ns": ns_of({"ns1.example.net": ("198.41.0.4",)})}],
    fails=[
        {"ns": ns_of({"ns1.example.net": ("198.41.0.4",), "ns2.example.net": ("2801:1b8:10::b",)})}
    ],
)
def one_ipv4_name_server(ns: Ns) -> str | Abstain | None:
    """Only one of several name servers has an IPv4 address.

    For everybody without IPv6 there is no second server. Give another one IPv4.
    """
    return _only_one(ns, "v4", "IPv4")


def _only_one(ns: Ns, family: str, shown: str) -> str | Abstain | None:
    """The one host that has addresses of a family, where others have those of the other only."""
    hosts = [one.host for one in ns.servers if not one.fault and one.host.addresses]
    known = {host.name: getattr(host, family) for host in hosts}
    has = [name for name, found in known.items() if found and not isinstance(found, NotMeasured)]
    if len(hosts) < 2 or len(has) > 1 or ns.left_out:
        return None
    if unknown := [name for name, found in known.items() if isinstance(found, NotMeasured)]:
        return Abstain(f"{shown} addresses of {', '.join(unknown)}")
    return f"{has[0]} only" if has else None


@rule(
    "NS030",
    Severity.NOTICE,
    reference=f"{RFC}3901#section-4",
    passes=[SOUND, {"ns": ns_of({"ns1.example.net": ("198.41.0.4", "2001:503:ba3e::2:30")})}],
    fails=[
        {
            "ns": ns_of(
                {
                    "ns1.example.net": ("198.41.0.4", "2001:503:ba3e::2:30"),
                    "ns2.example.net": ("199.9.14.201",),
                }
            )
        }
    ],
)
def one_ipv6_name_server(ns: Ns) -> str | Abstain | None:
    """Only one of several name servers has an IPv6 address.

    For everybody without IPv4 there is no second server. Give another one IPv6.
    """
    return _only_one(ns, "v6", "IPv6")
