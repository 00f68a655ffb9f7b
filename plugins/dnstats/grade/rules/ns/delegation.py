"""Rules about what the zone above says: its NS set, its glue, servers that only it names."""

from __future__ import annotations

from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.ns.evidence import RFC, SOUND, at
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import delegated, inside, ns_of, server_at
from dnstats.records.delegation import Delegation, Source
from dnstats.records.name_server import Service
from dnstats.records.ns import Ns
from dnstats.records.record import NotMeasured


@rule(
    "NS024",
    Severity.MEDIUM,
    reference=f"{RFC}1034#section-4.2.2",
    passes=[
        SOUND,
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
    "NS025",
    Severity.HIGH,
    reference=f"{RFC}1034#section-4.2.2",
    passes=[SOUND, {"ns": delegated("ns1.example.net")}],
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
    reference=f"{RFC}1034#section-4.2.2",
    passes=[SOUND, {"ns": delegated()}],
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


@rule(
    "NS027",
    Severity.MEDIUM,
    reference=f"{RFC}9471#section-3.1",
    passes=[
        SOUND,
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


def _inside(ns: Ns, delegation: Delegation) -> list[str]:
    """The servers of a delegation that only glue can lead to: those in the zone itself."""
    return [name for name in delegation.names if name == ns.zone or name.endswith(f".{ns.zone}")]


@rule(
    "NS028",
    Severity.MEDIUM,
    reference=f"{RFC}1034#section-4.2.2",
    passes=[
        SOUND,
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


_UNFIT = frozenset({Service.LAME, Service.REFUSED, Service.FAILS, Service.DENIES})


def _with_third(service: Service) -> Ns:
    """An example: the zone above names a third server, which does this."""
    third = server_at("198.97.190.53", service, of={"ns3.example.net": ("198.97.190.53",)})
    names = ("ns1.example.net", "ns2.example.net", "ns3.example.net")
    return delegated(*names, of=ns_of(only_above=(third,)))


@rule(
    "NS031",
    Severity.MEDIUM,
    reference=f"{RFC}1912#section-2.8",
    passes=[SOUND, {"ns": delegated()}, {"ns": _with_third(Service.AUTHORITATIVE)}],
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
    found = [f"{at([one])}: {one.service}" for one in ns.only_above if one.service in _UNFIT]
    if found:
        return ", ".join(found)
    heard = {host for one in ns.only_above if one.is_measured for host in one.hosts}
    unheard = sorted({host for one in ns.only_above for host in one.hosts} - heard)
    return Abstain(f"what {', '.join(unheard)} would say") if unheard else None
