"""The name servers of a zone: which, where, and what each says when asked directly.

Judges nothing. A server's silence is a fact about that server and this moment, never about the
zone.
"""

from __future__ import annotations

import msgspec

from dnstats.answer import Answer, Plan, Question, Reason, not_asked
from dnstats.records.delegation import (
    Delegation,
    delegation_questions,
    parent_host_questions,
    parent_questions,
    read_delegation,
)
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.host import Host, host_questions, read_host
from dnstats.records.name_server import (
    MAX_HOSTS,
    ServerAddress,
    addresses_to_ask,
    direct_questions,
    read_server_address,
)
from dnstats.records.ns_record import NsSet, name_fault, ns_set
from dnstats.records.record import Look, NotMeasured, Reading, Record, Site, not_measured
from dnstats.records.zone import look_unchecked, ns_question, zone_of


class NameServer(msgspec.Struct, frozen=True):
    """One name in the NS set."""

    host: Host
    fault: str = ""  # "is the root", "is an IP address" ...; "" for a name that can be a host


class Ns(Reading, frozen=True):
    """The NS set of a zone apex as its own servers publish it; `names` is empty without one."""

    zone: str
    names: tuple[str, ...]  # sorted; as the resolver saw them
    ttl: int  # seconds
    malformed: int  # NS records whose data is no name
    servers: tuple[NameServer, ...]
    addresses: tuple[ServerAddress, ...]  # asked directly
    left_out: int = 0  # names beyond what one site is asked about
    parent: Delegation | NotMeasured | None = None  # None: no zone between it and the root

    @property
    def unmeasured(self) -> tuple[str, ...]:
        """Names whose addresses, and addresses whose words, nobody could get."""
        hosts = (server.host for server in self.servers)
        names = (
            host.name
            for host in hosts
            if isinstance(host.v4, NotMeasured) or isinstance(host.v6, NotMeasured)
        )
        silent = (address.address for address in self.addresses if not address.is_measured)
        return (*names, *silent)

    @property
    def unheard(self) -> tuple[str, ...]:
        """Name servers that said nothing at any of their addresses.

        A host that answered over IPv4 has been heard, whatever IPv6 did from where we stand.
        """
        heard = {host for one in self.addresses if one.is_measured for host in one.hosts}
        asked = {host for one in self.addresses for host in one.hosts}
        return tuple(sorted(asked - heard))


def questions(site: Site) -> Plan:
    """The NS set, the addresses of its hosts, NS and SOA from each address, the parent's word."""
    (answer,) = yield (ns_question(site.domain),)
    if answer.reason is Reason.SERVFAIL:
        # A zone that fails validation has name servers all the same.
        (answer,) = yield (ns_question(site.domain, cd=True),)
    found = _found(answer)
    if not found.names:
        return
    names = [name for name in found.names[:MAX_HOSTS] if not name_fault(name)]
    known: dict[Question, Answer] = {}

    def look(question: Question) -> Answer:
        return known.get(question) or not_asked(question)

    wanted = tuple(question for name in names for question in host_questions(name))
    wanted += parent_questions(site.domain)
    known.update(zip(wanted, (yield wanted), strict=True))
    hosts = [read_host(name, look) for name in names]
    wanted = tuple(
        question
        for address in addresses_to_ask(hosts)
        for question in direct_questions(site.domain, address)
    )
    wanted += parent_host_questions(site.domain, look)
    if not wanted:
        return
    known.update(zip(wanted, (yield wanted), strict=True))
    for question in delegation_questions(site.domain, look):
        (told,) = yield (question,)
        if told.is_measured:
            return


def hosts_of(site: Site, look: Look) -> tuple[Host, ...]:
    """The hosts that serve a site's zone, as far as one site is asked about them."""
    found = _found(look_unchecked(ns_question(site.domain), look))
    return tuple(
        Host(name, (), ()) if name_fault(name) else read_host(name, look)
        for name in found.names[:MAX_HOSTS]
    )


def _found(answer: Answer) -> NsSet:
    """The NS set of the asked name itself; empty for an alias, whose target's set is another's."""
    if not answer.is_present:
        return NsSet((), 0, 0)
    return ns_set(answer.message, answer.question.name)


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """None for a name that is no zone apex; a value without names for an apex without NS."""
    zone = zone_of(site.domain, look)
    if isinstance(zone, NotMeasured):
        return zone
    if not zone.is_apex:
        return None
    answer = look_unchecked(ns_question(site.domain), look)
    if not answer.is_measured:
        return not_measured(answer)
    found = _found(answer)
    hosts = hosts_of(site, look)
    return Ns(
        site.domain,
        found.names,
        found.ttl,
        found.malformed,
        tuple(NameServer(host, name_fault(host.name)) for host in hosts),
        _ask_each(site, hosts, look),
        max(0, len(found.names) - MAX_HOSTS),
        read_delegation(site.domain, look),
    )


def _ask_each(site: Site, hosts: tuple[Host, ...], look: Look) -> tuple[ServerAddress, ...]:
    at: dict[str, list[str]] = {}
    for host in hosts:
        for address in host.addresses:
            at.setdefault(address, []).append(host.name)
    return tuple(
        read_server_address(site.domain, address, tuple(at[address]), look)
        for address in addresses_to_ask(hosts)
    )


RECORD = Record("ns", "Name servers (NS)", Ns, questions, read)
