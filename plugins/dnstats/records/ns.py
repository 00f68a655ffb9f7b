"""The name servers of a zone: which, where, and what each says when asked directly.

Judges nothing. A server's silence is a fact about that server and this moment, never about the
zone.
"""

from __future__ import annotations

from collections.abc import Iterable

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
from dnstats.records.only_above import hosts_only_above, names_only_above, names_others
from dnstats.records.record import Look, NotMeasured, Reading, Record, Site, not_measured
from dnstats.records.zone import look_unchecked, ns_question, zone_of


class NameServer(msgspec.Struct, frozen=True):
    """One name in the NS set."""

    host: Host
    fault: str = ""  # "is the root", "is an IP address" ...; "" for a name that can be a host


class Ns(Reading, frozen=True):
    """The NS set of a zone apex as its own servers publish it; `names` is empty without one.

    Where nobody could tell that set, but a server that the zone above names said something, good or
    bad, the names are those of the zone above (`is_delegation`).
    """

    zone: str
    names: tuple[str, ...]  # sorted; as the resolver saw them
    ttl: int  # seconds
    malformed: int  # NS records whose data is no name
    servers: tuple[NameServer, ...]
    addresses: tuple[ServerAddress, ...]  # asked directly
    left_out: int = 0  # names beyond what one site is asked about
    parent: Delegation | NotMeasured | None = None  # None: no zone between it and the root
    only_above: tuple[ServerAddress, ...] = ()  # of servers that only the zone above names
    is_delegation: bool = False

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
    """The NS set, the addresses of its hosts, NS and SOA from each address, the parent's word.

    The servers that only the parent names are asked too: all of them, where nobody knows the set.
    """
    (answer,) = yield (ns_question(site.domain),)
    if answer.reason is Reason.SERVFAIL:
        # A zone that fails validation has name servers all the same.
        (answer,) = yield (ns_question(site.domain, cd=True),)
    named = _found(answer).names
    if answer.is_measured and not named:
        return
    known: dict[Question, Answer] = {}

    def look(question: Question) -> Answer:
        return known.get(question) or not_asked(question)

    names = [name for name in named[:MAX_HOSTS] if not name_fault(name)]
    wanted = tuple(question for name in names for question in host_questions(name))
    wanted += parent_questions(site.domain)
    known.update(zip(wanted, (yield wanted), strict=True))
    wanted = _to_each(site, addresses_to_ask([read_host(name, look) for name in names]))
    wanted += parent_host_questions(site.domain, look)
    if not wanted:
        return
    known.update(zip(wanted, (yield wanted), strict=True))
    told: Answer | None = None
    for question in delegation_questions(site.domain, look):
        (told,) = yield (question,)
        known[question] = told
        if told.is_measured:
            break
    if told is None or not names_others(told, named):
        return
    above = read_delegation(site.domain, look)
    names = list(names_only_above(above, named))
    wanted = tuple(question for name in names for question in host_questions(name))
    if not wanted:
        return
    known.update(zip(wanted, (yield wanted), strict=True))
    asked = {question.server for question in known}
    hosts = hosts_only_above(above, named, look)
    yield _to_each(site, (one for one in addresses_to_ask(hosts) if one not in asked))


def _to_each(site: Site, addresses: Iterable[str]) -> tuple[Question, ...]:
    return tuple(
        question for address in addresses for question in direct_questions(site.domain, address)
    )


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
    if not isinstance(zone, NotMeasured) and not zone.is_apex:
        return None
    answer = look_unchecked(ns_question(site.domain), look)
    if isinstance(zone, NotMeasured):
        return _by_delegation(site, look) or zone
    if not answer.is_measured:
        return _by_delegation(site, look) or not_measured(answer)
    found = _found(answer)
    hosts = hosts_of(site, look)
    addresses = _ask_each(site, hosts, look)
    known = {one.address for one in addresses}
    above = read_delegation(site.domain, look)
    others = _ask_each(site, hosts_only_above(above, found.names, look), look)
    return Ns(
        site.domain,
        found.names,
        found.ttl,
        found.malformed,
        _servers(hosts),
        addresses,
        max(0, len(found.names) - MAX_HOSTS),
        above,
        tuple(one for one in others if one.address not in known),
    )


def _by_delegation(site: Site, look: Look) -> Ns | None:
    """What the servers of the delegation said where nobody knows the zone; None when nothing."""
    above = read_delegation(site.domain, look)
    hosts = hosts_only_above(above, (), look)
    addresses = _ask_each(site, hosts, look)
    if not isinstance(above, Delegation) or not any(one.is_measured for one in addresses):
        return None
    left_out = max(0, len(above.names) - MAX_HOSTS)
    return Ns(
        site.domain, above.names, above.ttl, above.malformed, _servers(hosts), addresses, left_out,
        above, is_delegation=True,
    )  # fmt: skip


def _servers(hosts: Iterable[Host]) -> tuple[NameServer, ...]:
    return tuple(NameServer(host, name_fault(host.name)) for host in hosts)


def _ask_each(site: Site, hosts: Iterable[Host], look: Look) -> tuple[ServerAddress, ...]:
    hosts = tuple(hosts)
    at: dict[str, list[str]] = {}
    for host in hosts:
        for address in host.addresses:
            at.setdefault(address, []).append(host.name)
    return tuple(
        read_server_address(site.domain, address, tuple(at[address]), look)
        for address in addresses_to_ask(hosts)
    )


RECORD = Record("ns", "Name servers (NS)", Ns, questions, read)
