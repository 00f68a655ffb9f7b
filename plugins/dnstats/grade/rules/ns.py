"""Rules about name servers and the delegation to them. Reads the ns family only; asks nobody.

A server that stayed silent is reported for nothing (NS010): seen from one place, at one moment, it
proves no fault. What a server said, however, it said: REFUSED and answers without authority count.
"""

from __future__ import annotations

from collections.abc import Iterable

from dnstats.answer import Reason
from dnstats.grade.rule import Abstain, rule
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import delegated, host_of, inside, ns_of, ns_where, server_at
from dnstats.records.delegation import Delegation, Source
from dnstats.records.ip_address import is_v6, network_of
from dnstats.records.name_server import ServerAddress, Service
from dnstats.records.ns import NameServer, Ns
from dnstats.records.record import NotMeasured

_RFC = "https://www.rfc-editor.org/rfc/rfc"
_SOUND = {"ns": ns_of()}
_UNASKED = NotMeasured(Reason.TIMEOUT)


def _at(servers: Iterable[ServerAddress]) -> str:
    """The servers as evidence: "ns1.example.net (192.0.2.1), ..."."""
    return ", ".join(f"{' = '.join(one.hosts)} ({one.address})" for one in servers)


def _told(ns: Ns, found: str | None) -> str | Abstain | None:
    """A fault that some server showed; without one, whether all of them were heard."""
    return found or (Abstain(f"what {', '.join(ns.unheard)} would say") if ns.unheard else None)


def _with_service(ns: Ns, service: Service) -> str | Abstain | None:
    return _told(ns, _at(one for one in ns.addresses if one.service is service))


def _swap(ns: Ns, number: int, server: NameServer) -> Ns:
    """An example: the set with another name server in one place."""
    servers = list(ns.servers)
    servers[number] = server
    return ns_of(servers=tuple(servers))


@rule(
    "NS001",
    Severity.CRITICAL,
    reference=f"{_RFC}1034#section-4.2.1",
    passes=[_SOUND, {"ns": None}],
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
    reference=f"{_RFC}2182#section-5",
    passes=[_SOUND],
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
    reference=f"{_RFC}2181#section-10.3",
    passes=[_SOUND],
    fails=[
        {"ns": _swap(ns_of(), 0, NameServer(host_of("ns1.example.net", alias="x.example.org")))}
    ],
)
def name_server_is_an_alias(ns: Ns) -> str | None:
    """A name server's name is an alias (CNAME).

    Resolvers do not follow an alias here; some ignore the server. Name the host itself.
    """
    aliases = [one.host for one in ns.servers if one.host.alias]
    return ", ".join(f"{host.name} is an alias of {host.alias}" for host in aliases) or None


@rule(
    "NS004",
    Severity.MEDIUM,
    reference=f"{_RFC}1034#section-4.2.1",
    passes=[_SOUND],
    fails=[
        {"ns": _swap(ns_of(), 0, NameServer(host_of("ns1.example.net")))},
        {"ns": _swap(ns_of(), 0, NameServer(host_of("ns1.example.net", exists=False)))},
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
    reference=f"{_RFC}6890#section-2.2.2",
    passes=[_SOUND],
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
    return ", ".join(f"{_at([one])} is {one.special}" for one in found) or None


@rule(
    "NS006",
    Severity.MEDIUM,
    reference=f"{_RFC}1912#section-2.8",
    passes=[_SOUND],
    fails=[{"ns": ns_where(server_at("198.41.0.4", Service.LAME))}],
)
def name_server_is_lame(ns: Ns) -> str | Abstain | None:
    """A name server does not speak for the zone (lame delegation).

    It answers without authority. Each resolver that picks it must try again elsewhere. Load the
    zone there, or take the server out of the NS set and the delegation.
    """
    return _with_service(ns, Service.LAME)


@rule(
    "NS007",
    Severity.MEDIUM,
    reference=f"{_RFC}1035#section-4.1.1",
    passes=[_SOUND],
    fails=[{"ns": ns_where(server_at("198.41.0.4", Service.REFUSED))}],
)
def name_server_refuses(ns: Ns) -> str | Abstain | None:
    """A name server refuses to answer for the zone.

    REFUSED to everybody mostly means that the zone is not loaded there. Load it, open the server
    to all askers, or take it out of the NS set and the delegation.
    """
    return _with_service(ns, Service.REFUSED)


@rule(
    "NS008",
    Severity.MEDIUM,
    reference=f"{_RFC}1035#section-4.1.1",
    passes=[_SOUND],
    fails=[{"ns": ns_where(server_at("198.41.0.4", Service.FAILS, reason=Reason.SERVFAIL))}],
)
def name_server_fails(ns: Ns) -> str | Abstain | None:
    """A name server answers with an error, or with bytes nobody can read.

    SERVFAIL from the zone's own server means that it could not load the zone or that its copy
    expired. Look into that server's log.
    """
    found = [one for one in ns.addresses if one.service is Service.FAILS]
    return _told(ns, ", ".join(f"{_at([one])}: {one.reason}" for one in found))


@rule(
    "NS009",
    Severity.HIGH,
    reference=f"{_RFC}1034#section-4.3.2",
    passes=[_SOUND],
    fails=[{"ns": ns_where(server_at("198.41.0.4", Service.DENIES))}],
)
def name_server_denies_the_zone(ns: Ns) -> str | Abstain | None:
    """A name server says with authority that the domain does not exist.

    Resolvers that happen to ask it believe it, and the site is gone for them. Its copy of a zone
    above is out of date, or the zone is missing there.
    """
    return _with_service(ns, Service.DENIES)


@rule(
    "NS010",
    Severity.NOTICE,
    reference=f"{_RFC}2182#section-3.1",
    passes=[_SOUND, {"ns": ns_where(server_at("2001:503:ba3e::2:30", Service.UNREACHABLE))}],
    fails=[
        {"ns": ns_where(server_at("198.41.0.4", Service.SILENT))},
        {"ns": ns_where(server_at("198.41.0.4", Service.UNREACHABLE))},
    ],
)
def name_server_did_not_answer(ns: Ns) -> str | None:
    """A name server did not answer when asked.

    Costs nothing: seen from one place at one moment this proves no fault. If it happens every day,
    see whether the server is up and open on port 53, UDP and TCP.
    """
    # What cannot be reached over IPv6 says more about our own network than about the server.
    found = [
        one
        for one in ns.addresses
        if one.service is Service.SILENT
        or (one.service is Service.UNREACHABLE and not is_v6(one.address))
    ]
    return _at(found) or None


@rule(
    "NS011",
    Severity.MEDIUM,
    reference=f"{_RFC}1034#section-4.2.2",
    passes=[_SOUND, {"ns": ns_where(server_at("2001:503:ba3e::2:30", Service.SILENT))}],
    fails=[
        {"ns": ns_where(server_at("198.41.0.4", names=("ns1.example.net",)))},
        {"ns": ns_where(server_at("198.41.0.4", names=()))},
    ],
)
def name_servers_disagree(ns: Ns) -> str | Abstain | None:
    """The name servers do not agree about the NS set.

    Which servers are asked depends on who answered last, and old ones stay in use. Bring all
    copies of the zone to the same state.
    """
    deviating: dict[tuple[str, ...], list[ServerAddress]] = {}
    for one in ns.addresses:
        if one.names is not None and one.names != ns.names:
            deviating.setdefault(one.names, []).append(one)
    found = "; ".join(
        f"{_at(servers)}: {', '.join(names) or 'no NS at all'}"
        for names, servers in sorted(deviating.items())
    )
    return _told(ns, found)


@rule(
    "NS012",
    Severity.MEDIUM,
    reference=f"{_RFC}1035#section-3.3.11",
    passes=[_SOUND],
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


@rule(
    "NS013",
    Severity.MEDIUM,
    reference=f"{_RFC}2182#section-3.1",
    passes=[
        _SOUND,
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
    reference=f"{_RFC}2182#section-3.1",
    passes=[_SOUND, {"ns": ns_of({"ns1.example.net": ("198.41.0.4",)})}],
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
    reference=f"{_RFC}3901#section-4",
    passes=[_SOUND],
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
    reference=f"{_RFC}3901#section-4",
    passes=[_SOUND],
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


MANY = 7
"""More servers than this only make answers longer (RFC 2182 section 5 advises 7 at most)."""


@rule(
    "NS017",
    Severity.NOTICE,
    reference=f"{_RFC}2182#section-5",
    passes=[_SOUND],
    fails=[{"ns": ns_of(names=tuple(f"ns{n}.example.net" for n in range(8)))}],
)
def too_many_name_servers(ns: Ns) -> str | None:
    """There are more name servers than help.

    More than seven make every referral longer and one of them is always out of date.
    """
    return f"{len(ns.names)} name servers" if len(ns.names) > MANY else None


@rule(
    "NS018",
    Severity.LOW,
    reference=f"{_RFC}2182#section-3.1",
    passes=[_SOUND],
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
    return _at(shared) or None


@rule(
    "NS019",
    Severity.NOTICE,
    reference=f"{_RFC}5358#section-4",
    passes=[_SOUND],
    fails=[{"ns": ns_where(server_at("198.41.0.4", recursion=True))}],
)
def name_server_offers_recursion(ns: Ns) -> str | Abstain | None:
    """A name server offers to resolve names for anybody.

    It sets the RA flag. Open resolvers are used to attack others, and mixing the two roles has
    poisoned caches. Turn recursion off on servers of zones. Costs nothing, as the flag alone does
    not prove that it would.
    """
    return _told(ns, _at(one for one in ns.addresses if one.recursion))


@rule(
    "NS020",
    Severity.NOTICE,
    reference=f"{_RFC}6891#section-7",
    passes=[_SOUND],
    fails=[{"ns": ns_where(server_at("198.41.0.4", edns=False))}],
)
def name_server_without_edns(ns: Ns) -> str | Abstain | None:
    """A name server does not speak EDNS.

    Its answers stop at 512 bytes over UDP and it cannot serve DNSSEC. Update its software, or let
    EDNS pass through the firewall in front of it.
    """
    return _told(ns, _at(one for one in ns.addresses if not one.edns))


@rule(
    "NS021",
    Severity.HIGH,
    reference=f"{_RFC}1912#section-2.8",
    passes=[_SOUND, {"ns": ns_where(server_at("198.41.0.4", Service.REFUSED))}],
    fails=[
        {
            "ns": ns_of(
                {"a.example": ("198.41.0.4",)},
                addresses=(server_at("198.41.0.4", Service.REFUSED),),
            )
        }
    ],
)
def no_server_speaks_for_the_zone(ns: Ns) -> str | Abstain | None:
    """None of the published name servers speaks for the zone.

    The answers come from servers that only the parent knows, or from caches that will run out.
    Bring the NS set and the servers into line with the delegation.
    """
    if not ns.addresses or any(one.service is Service.AUTHORITATIVE for one in ns.addresses):
        return None
    silent = [one.address for one in ns.addresses if not one.is_measured]
    if silent:
        return Abstain(f"what {', '.join(silent)} would say")
    return _at(ns.addresses)


SHORT_TTL = 3600
"""Seconds. With less than an hour the set is fetched again all day long, and an outage of the
servers is felt at once; RFC 1912 section 2.2 advises days. A notice: before a move it is right."""


@rule(
    "NS022",
    Severity.NOTICE,
    reference=f"{_RFC}1912#section-2.2",
    passes=[_SOUND, {"ns": ns_of({})}],
    fails=[{"ns": ns_where(server_at("198.41.0.4", ttl=60))}],
)
def ns_ttl_is_short(ns: Ns) -> str | Abstain | None:
    """The NS set may be cached for less than an hour.

    Resolvers ask again and again, and an outage of the servers is felt at once. Raise the TTL to a
    day unless a move is near.
    """
    short = [one for one in ns.addresses if one.ttl is not None and one.ttl < SHORT_TTL]
    return _told(ns, ", ".join(f"{_at([one])}: TTL {one.ttl} s" for one in short))


@rule(
    "NS023",
    Severity.LOW,
    reference=f"{_RFC}1123#section-2.1",
    passes=[_SOUND, {"ns": ns_of({"1.ns-a.example": ("198.41.0.4",)})}],
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


# What the zone above says


def _delegation(ns: Ns) -> Delegation | Abstain | None:
    """The word of the zone above; None where no zone stands between this one and the root."""
    if isinstance(ns.parent, NotMeasured):
        return Abstain(f"the delegation: {ns.parent.reason}")
    if ns.parent is not None and not ns.parent.tells:
        return Abstain(f"{ns.parent.server} serves {ns.parent.parent} and this zone alike")
    return ns.parent


def _unlike(ns: Ns, delegation: Delegation) -> str | None:
    """How the two NS sets differ, as evidence."""
    here, above = set(ns.names), set(delegation.names)
    parts = (
        (f"only at {delegation.parent}", sorted(above - here)),
        ("only in the zone", sorted(here - above)),
    )
    return "; ".join(f"{where}: {', '.join(names)}" for where, names in parts if names) or None


@rule(
    "NS024",
    Severity.MEDIUM,
    reference=f"{_RFC}1034#section-4.2.2",
    passes=[
        _SOUND,
        {"ns": delegated()},
        {"ns": delegated("ns1.example.org", "ns2.example.org")},
    ],
    fails=[
        {"ns": delegated("ns1.example.net")},
        {"ns": delegated("ns1.example.net", "ns2.example.net", "ns3.example.net")},
    ],
)
def parent_has_another_set(ns: Ns) -> str | Abstain | None:
    """The zone above delegates to another set of name servers than the zone itself names.

    Which servers are asked depends on whom a resolver heard last; a server that only one side names
    is easily forgotten at the next move. Have the registrar take over the zone's NS set.
    """
    delegation = _delegation(ns)
    if not isinstance(delegation, Delegation):
        return delegation
    # Nothing in common is NS025's; no delegation at all is NS026's.
    return _unlike(ns, delegation) if set(delegation.names) & set(ns.names) else None


@rule(
    "NS025",
    Severity.HIGH,
    reference=f"{_RFC}1034#section-4.2.2",
    passes=[_SOUND, {"ns": delegated("ns1.example.net")}],
    fails=[{"ns": delegated("ns1.example.org", "ns2.example.org")}],
)
def parent_delegates_elsewhere(ns: Ns) -> str | Abstain | None:
    """The zone above delegates to servers of which the zone itself names none.

    A move that was done at one end only, or a delegation that nobody looks after: answers depend on
    whom a resolver asks, and when the old servers go, the domain goes. Bring both ends into line.
    """
    delegation = _delegation(ns)
    if not isinstance(delegation, Delegation) or not delegation.names or not ns.names:
        return delegation if isinstance(delegation, Abstain) else None
    return None if set(delegation.names) & set(ns.names) else _unlike(ns, delegation)


@rule(
    "NS026",
    Severity.NOTICE,
    reference=f"{_RFC}1034#section-4.2.2",
    passes=[_SOUND, {"ns": delegated()}],
    fails=[{"ns": delegated(source=Source.NONE, names=())}],
)
def parent_does_not_delegate(ns: Ns) -> str | Abstain | None:
    """A server of the zone above says that nothing is delegated here.

    Other servers, or caches, still lead to the zone: it is being set up or given up, or that server
    is out of date. If it stays so, look at the registration.
    """
    delegation = _delegation(ns)
    if not isinstance(delegation, Delegation):
        return delegation
    is_none = delegation.source is Source.NONE
    return f"{delegation.server}, for {delegation.parent}" if is_none else None


def _inside(ns: Ns, delegation: Delegation) -> list[str]:
    """The servers of a delegation that only glue can lead to: those in the zone itself."""
    return [name for name in delegation.names if name == ns.zone or name.endswith(f".{ns.zone}")]


@rule(
    "NS027",
    Severity.MEDIUM,
    reference=f"{_RFC}9471#section-3.1",
    passes=[
        _SOUND,
        {"ns": delegated()},
        {"ns": inside("198.41.0.4")},
        {"ns": inside(own=())},
    ],
    fails=[{"ns": inside()}],
)
def glue_is_missing(ns: Ns) -> str | Abstain | None:
    """The zone above gives no address for a name server that stands in the zone itself.

    To find the server one would have to ask it first. Resolvers can use the other servers only, and
    none at all where there are no others. Have the registrar add its addresses (glue).
    """
    delegation = _delegation(ns)
    if not isinstance(delegation, Delegation):
        return delegation
    told = {one.name for one in delegation.glue}
    told |= {one.host.name for one in ns.servers if one.host.is_without_address}  # NS004 says it
    return ", ".join(name for name in _inside(ns, delegation) if name not in told) or None


@rule(
    "NS028",
    Severity.MEDIUM,
    reference=f"{_RFC}1034#section-4.2.2",
    passes=[
        _SOUND,
        {"ns": inside("198.41.0.4")},
        {"ns": inside("198.41.0.4", own=("198.41.0.4", "2001:503:ba3e::2:30"))},
    ],
    fails=[{"ns": inside("198.41.0.5")}, {"ns": inside("198.41.0.4", "2001:503:ba3e::2:31")}],
)
def glue_is_out_of_date(ns: Ns) -> str | Abstain | None:
    """The zone above gives another address for a name server than the zone itself does.

    Resolvers try the old address first and lose time, or reach whoever has it now. Have the
    registrar renew the addresses (glue).
    """
    delegation = _delegation(ns)
    if not isinstance(delegation, Delegation):
        return delegation
    glue = {one.name: one.addresses for one in delegation.glue}
    found, unknown = [], []
    for host in (one.host for one in ns.servers):
        if host.name not in glue or host.name not in _inside(ns, delegation):
            continue
        if isinstance(host.v4, NotMeasured) or isinstance(host.v6, NotMeasured):
            unknown.append(host.name)
        elif old := [one for one in glue[host.name] if one not in host.addresses]:
            own = ", ".join(host.addresses) or "none"
            found.append(f"{host.name}: {', '.join(old)} at {delegation.parent}, {own} in the zone")
    if found:
        return "; ".join(found)
    return Abstain(f"addresses of {', '.join(unknown)}") if unknown else None


@rule(
    "NS029",
    Severity.LOW,
    reference=f"{_RFC}2182#section-5",
    passes=[_SOUND, {"ns": ns_of({"ns1.example.net": ("198.41.0.4",)})}],
    fails=[
        {"ns": ns_of({"ns1.example.net": ("198.41.0.4",), "ns2.example.net": ("2801:1b8:10::b",)})}
    ],
)
def one_ipv4_name_server(ns: Ns) -> str | Abstain | None:
    """Only one of several name servers has an IPv4 address.

    For everybody without IPv6 there is no second server. Give another one IPv4.
    """
    return _only_one(ns, "v4", "IPv4")


@rule(
    "NS030",
    Severity.NOTICE,
    reference=f"{_RFC}3901#section-4",
    passes=[_SOUND, {"ns": ns_of({"ns1.example.net": ("198.41.0.4", "2001:503:ba3e::2:30")})}],
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


_UNFIT = frozenset({Service.LAME, Service.REFUSED, Service.FAILS, Service.DENIES})


def _with_third(service: Service) -> Ns:
    """An example: the zone above names a third server, which does this."""
    third = server_at("198.97.190.53", service, of={"ns3.example.net": ("198.97.190.53",)})
    names = ("ns1.example.net", "ns2.example.net", "ns3.example.net")
    return delegated(*names, of=ns_of(only_above=(third,)))


@rule(
    "NS031",
    Severity.MEDIUM,
    reference=f"{_RFC}1912#section-2.8",
    passes=[_SOUND, {"ns": delegated()}, {"ns": _with_third(Service.AUTHORITATIVE)}],
    fails=[{"ns": _with_third(Service.LAME)}, {"ns": _with_third(Service.REFUSED)}],
)
def forgotten_server(ns: Ns) -> str | Abstain | None:
    """A server that only the zone above names does not serve the zone.

    Resolvers that come down from above ask it, and must try again elsewhere; whoever gets hold of
    its name or address can answer for the domain. Have the registrar remove it.
    """
    delegation = _delegation(ns)
    if not isinstance(delegation, Delegation):
        return delegation
    found = [f"{_at([one])}: {one.service}" for one in ns.only_above if one.service in _UNFIT]
    if found:
        return ", ".join(found)
    heard = {host for one in ns.only_above if one.is_measured for host in one.hosts}
    unheard = sorted({host for one in ns.only_above for host in one.hosts} - heard)
    return Abstain(f"what {', '.join(unheard)} would say") if unheard else None
