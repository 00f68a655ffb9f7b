"""Rules about what each name server does when it is asked directly."""

from __future__ import annotations

from dnstats.answer import Reason
from dnstats.grade.rule import Abstain, rule
from dnstats.grade.rules.ns.evidence import RFC, SOUND, at, told
from dnstats.grade.scale import Severity
from dnstats.grade.zone_examples import ns_of, ns_where, server_at
from dnstats.records.ip_address import is_v6
from dnstats.records.name_server import ServerAddress, Service
from dnstats.records.ns import Ns


@rule(
    "NS006",
    Severity.MEDIUM,
    reference=f"{RFC}1912#section-2.8",
    passes=[SOUND],
    fails=[{"ns": ns_where(server_at("198.41.0.4", Service.LAME))}],
)
def name_server_is_lame(ns: Ns) -> str | Abstain | None:
    """A name server does not speak for the zone (lame delegation).

    It answers without authority. Each resolver that picks it must try again elsewhere. Load the
    zone there, or take the server out of the NS set and the delegation.
    """
    return _with_service(ns, Service.LAME)


def _with_service(ns: Ns, service: Service) -> str | Abstain | None:
    return told(ns, at(one for one in ns.addresses if one.service is service))


@rule(
    "NS007",
    Severity.MEDIUM,
    reference=f"{RFC}1035#section-4.1.1",
    passes=[SOUND],
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
    reference=f"{RFC}1035#section-4.1.1",
    passes=[SOUND],
    fails=[{"ns": ns_where(server_at("198.41.0.4", Service.FAILS, reason=Reason.SERVFAIL))}],
)
def name_server_fails(ns: Ns) -> str | Abstain | None:
    """A name server answers with an error, or with bytes nobody can read.

    SERVFAIL from the zone's own server means that it could not load the zone or that its copy
    expired. Look into that server's log.
    """
    found = [one for one in ns.addresses if one.service is Service.FAILS]
    return told(ns, ", ".join(f"{at([one])}: {one.reason}" for one in found))


@rule(
    "NS009",
    Severity.HIGH,
    reference=f"{RFC}1034#section-4.3.2",
    passes=[SOUND],
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
    reference=f"{RFC}2182#section-3.1",
    passes=[SOUND, {"ns": ns_where(server_at("2001:503:ba3e::2:30", Service.UNREACHABLE))}],
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
    return at(found) or None


@rule(
    "NS011",
    Severity.MEDIUM,
    reference=f"{RFC}1034#section-4.2.2",
    passes=[SOUND, {"ns": ns_where(server_at("2001:503:ba3e::2:30", Service.SILENT))}],
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
        f"{at(servers)}: {', '.join(names) or 'no NS at all'}"
        for names, servers in sorted(deviating.items())
    )
    return told(ns, found)


@rule(
    "NS019",
    Severity.NOTICE,
    reference=f"{RFC}5358#section-4",
    passes=[SOUND],
    fails=[{"ns": ns_where(server_at("198.41.0.4", recursion=True))}],
)
def name_server_offers_recursion(ns: Ns) -> str | Abstain | None:
    """A name server offers to resolve names for anybody.

    It sets the RA flag. Open resolvers are used to attack others, and mixing the two roles has
    poisoned caches. Turn recursion off on servers of zones. Costs nothing, as the flag alone does
    not prove that it would.
    """
    return told(ns, at(one for one in ns.addresses if one.recursion))


@rule(
    "NS020",
    Severity.NOTICE,
    reference=f"{RFC}6891#section-7",
    passes=[SOUND],
    fails=[{"ns": ns_where(server_at("198.41.0.4", edns=False))}],
)
def name_server_without_edns(ns: Ns) -> str | Abstain | None:
    """A name server does not speak EDNS.

    Its answers stop at 512 bytes over UDP and it cannot serve DNSSEC. Update its software, or let
    EDNS pass through the firewall in front of it.
    """
    return told(ns, at(one for one in ns.addresses if not one.edns))


@rule(
    "NS021",
    Severity.HIGH,
    reference=f"{RFC}1912#section-2.8",
    passes=[SOUND, {"ns": ns_where(server_at("198.41.0.4", Service.REFUSED))}],
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
    return at(ns.addresses)
