"""The SOA of a zone, from the resolver and from each name server. Judges nothing."""

from __future__ import annotations

import msgspec

from dnstats.answer import Plan
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.host import Host, host_questions, read_host
from dnstats.records.name_server import addresses_to_ask, direct_questions, soa_records
from dnstats.records.ns import hosts_of
from dnstats.records.ns_record import name_fault
from dnstats.records.record import Look, NotMeasured, Reading, Record, Site, not_measured
from dnstats.records.soa_record import SoaRecord, SoaSet, read_soa_set
from dnstats.records.zone import look_unchecked, ns_question, soa_question, zone_of


class ServerSoa(msgspec.Struct, frozen=True):
    """What one address said when asked directly."""

    address: str
    records: tuple[SoaRecord, ...]


class Soa(Reading, frozen=True):
    """The SOA at a zone apex; `records` is empty when the apex has none."""

    zone: str
    ttl: int  # seconds
    records: tuple[SoaRecord, ...]
    malformed: int  # records whose data nobody can read
    servers: tuple[ServerSoa, ...]  # those that answered; what the others did is in the ns family
    unmeasured: tuple[str, ...]  # name servers that told no SOA at any address
    primary: Host | None = None  # the host that MNAME names; None when it can be none


def questions(site: Site) -> Plan:
    """The SOA from the resolver and the addresses of MNAME; each server is asked by the ns family's
    plan."""
    (answer,) = yield (soa_question(site.domain),)
    name = _primary(read_soa_set(answer.message, site.domain)) if answer.is_present else ""
    if name:
        yield host_questions(name)


def _primary(found: SoaSet) -> str:
    """The MNAME, "" when it can be no host."""
    name = found.records[0].mname if found.records else ""
    return "" if not name or name_fault(name) else name


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """None for a name that is no zone apex; a value without records for an apex without SOA."""
    zone = zone_of(site.domain, look)
    if isinstance(zone, NotMeasured):
        return zone
    if not zone.is_apex:
        return None
    answer = look_unchecked(soa_question(site.domain), look)
    if not answer.is_measured:
        return not_measured(answer)
    found = SoaSet((), 0, 0)
    if answer.is_present:
        found = read_soa_set(answer.message, site.domain)
    servers, unmeasured = _servers(site, look)
    name = _primary(found)
    primary = read_host(name, look) if name else None
    return Soa(site.domain, found.ttl, found.records, found.malformed, servers, unmeasured, primary)


def _servers(site: Site, look: Look) -> tuple[tuple[ServerSoa, ...], tuple[str, ...]]:
    """What each server address said, and who said nothing anywhere.

    A host that told over IPv4 has told, whatever IPv6 did from where we stand.
    """
    if not look_unchecked(ns_question(site.domain), look).is_measured:
        return (), (f"the name servers of {site.domain}",)
    hosts = hosts_of(site, look)
    servers: list[ServerSoa] = []
    for address in addresses_to_ask(hosts):
        records = soa_records(look(direct_questions(site.domain, address)[1]))
        if records:
            servers.append(ServerSoa(address, records))
    told = {server.address for server in servers}
    mute = sorted(host.name for host in hosts if told.isdisjoint(host.addresses))
    return tuple(servers), tuple(mute)


RECORD = Record("soa", "Start of authority (SOA)", Soa, questions, read)
