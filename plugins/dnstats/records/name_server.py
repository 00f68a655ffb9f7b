"""One name server's address, asked directly: which to ask, and what its answers amount to.

Judges nothing. Silence, and what could not be reached from here over IPv6, are not measured: they
are facts about this moment and this vantage point, not about the zone.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import zip_longest

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.records.host import Host
from dnstats.records.ip_address import special_use
from dnstats.records.ns_record import ns_set
from dnstats.records.record import Look
from dnstats.records.soa_record import SoaRecord, read_soa_set

MAX_HOSTS = 13  # the root's own number; one delegation with more is never needed
MAX_PER_FAMILY = 2  # addresses asked per host and family
MAX_ADDRESSES = 30


class Service(StrEnum):
    """What a name server's address does when it is asked for the zone directly."""

    AUTHORITATIVE = "authoritative"  # answers with authority (AA)
    DENIES = "denies"  # says with authority that there is no such name
    LAME = "lame"  # answers without authority: a referral, a resolver, a stranger
    REFUSED = "refused"
    FAILS = "fails"  # SERVFAIL, FORMERR, NOTIMP, or an answer nobody can read
    SILENT = "silent"  # no answer in time: not measured
    UNREACHABLE = "unreachable"  # no route, or the port is closed: not measured over IPv6
    NOT_ASKED = "not_asked"  # a special address, opted out, over the limit: not measured


class ServerAddress(msgspec.Struct, frozen=True):
    """One address of one or more name servers, and what it said."""

    address: str
    hosts: tuple[str, ...]  # the name servers at this address
    service: Service
    names: tuple[str, ...] | None = None  # its NS set, sorted; None when it did not tell
    ttl: int | None = None  # of its NS set, seconds, not aged by any cache
    serial: int | None = None  # its SOA serial; None when it did not tell
    reason: Reason | None = None  # why it was not measured
    special: str = ""  # "a private address" ...; "" for public addresses
    recursion: bool = False  # it sets RA: offers to resolve for anybody
    edns: bool = True  # its answer had an OPT record (RFC 6891); True when it did not answer

    @property
    def is_measured(self) -> bool:
        """Whether the server itself said something, good or bad."""
        return self.service not in UNMEASURED


UNMEASURED = frozenset({Service.SILENT, Service.UNREACHABLE, Service.NOT_ASKED})


def direct_questions(domain: str, address: str) -> tuple[Question, Question]:
    """NS and SOA of the zone, asked of one address."""
    return Question(domain, wire.NS, address), Question(domain, wire.SOA, address)


def addresses_to_ask(hosts: Iterable[Host]) -> tuple[str, ...]:
    """The addresses asked directly: the first of every host and family before any second one."""
    columns: list[tuple[str, ...]] = []
    for family in ("v4", "v6"):
        for host in hosts:
            known = getattr(host, family)
            columns.append(known[:MAX_PER_FAMILY] if isinstance(known, tuple) else ())
    rounds = zip_longest(*columns)
    picked = dict.fromkeys(address for one in rounds for address in one if address)
    return tuple(picked)[:MAX_ADDRESSES]


def read_server_address(
    domain: str, address: str, hosts: tuple[str, ...], look: Look
) -> ServerAddress:
    """What one address said about the zone."""
    ns, soa = (look(question) for question in direct_questions(domain, address))
    service, reason = _service(ns, soa)
    recursion, edns = _manners(ns, soa)
    records = soa_records(soa)
    said = ns_set(ns.message, domain) if ns.is_present else None
    return ServerAddress(
        address,
        hosts,
        service,
        names=said.names if said is not None else _none_said(ns),
        ttl=said.ttl if said is not None else None,
        serial=records[0].serial if records else None,
        reason=reason,
        special=special_use(address),
        recursion=recursion,
        edns=edns,
    )


def soa_records(answer: Answer) -> tuple[SoaRecord, ...]:
    """The SOA records in an answer, () when there are none or nobody could tell."""
    if not answer.is_present:
        return ()
    return read_soa_set(answer.message, answer.question.name).records


def _none_said(ns: Answer) -> tuple[str, ...] | None:
    """An authoritative "no NS here" is an empty set; anything else is not an answer."""
    return () if ns.outcome is Outcome.NODATA else None


_BY_REASON = {
    Reason.LAME: Service.LAME,
    Reason.REFUSED: Service.REFUSED,
    Reason.SERVFAIL: Service.FAILS,
    Reason.FORMERR: Service.FAILS,
    Reason.NOTIMP: Service.FAILS,
    Reason.RCODE: Service.FAILS,
    Reason.MALFORMED: Service.FAILS,
    Reason.ALIAS_LOOP: Service.FAILS,
    Reason.UNREACHABLE: Service.UNREACHABLE,
    Reason.TIMEOUT: Service.SILENT,
    Reason.SERVER_SILENT: Service.SILENT,  # to this question of the scan or to those before
    Reason.MISMATCH: Service.SILENT,  # whatever answered, it did not answer the question
    Reason.TRUNCATED: Service.SILENT,
}
_MOST_TELLING = (
    Service.LAME,
    Service.REFUSED,
    Service.FAILS,
    Service.UNREACHABLE,
    Service.SILENT,
    Service.NOT_ASKED,
)


def _service(ns: Answer, soa: Answer) -> tuple[Service, Reason | None]:
    """One verdict on two answers: what was said outweighs what was not."""
    if ns.is_present or soa.is_present:
        return Service.AUTHORITATIVE, None
    if Outcome.NXDOMAIN in (ns.outcome, soa.outcome):
        return Service.DENIES, None
    if ns.is_absent or soa.is_absent:
        return Service.AUTHORITATIVE, None
    if Outcome.REFERRAL in (ns.outcome, soa.outcome):
        return Service.LAME, Reason.LAME  # it knows of the zone and does not serve it
    reasons = [answer.reason for answer in (ns, soa) if answer.reason is not None]
    services = {_BY_REASON.get(reason, Service.NOT_ASKED): reason for reason in reversed(reasons)}
    for service in _MOST_TELLING:
        if service in services:
            return service, services[service]
    return Service.NOT_ASKED, Reason.NOT_ASKED


def _manners(*answers: Answer) -> tuple[bool, bool]:
    """Whether the server offers recursion, and whether it speaks EDNS."""
    for answer in answers:
        if answer.is_measured and answer.message:
            return _flags(answer.message)
    return False, True


def _flags(message: bytes) -> tuple[bool, bool]:
    edns = wire.has_edns(message)
    return bool(message[3] & 0x80), edns
