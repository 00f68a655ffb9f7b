"""DANE for SMTP: TLSA records of the MX hosts (RFC 7672). Reads them; judges nothing.

Asked at the name in the MX record. Where that is an alias a sender would try the target's name
too (RFC 7672 section 2.2.2); an MX to an alias is a fault of its own, so this is not followed.
"""

from __future__ import annotations

import functools

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Plan, Question
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.host import host_questions
from dnstats.records.mx import mail_hosts, mx_question
from dnstats.records.record import Look, Reading, Record, Site, not_measured

MAX_RECORDS = 20  # TLSA records kept per host
MAX_SHOWN = 64  # octets of data kept: the longest digest


class Tlsa(msgspec.Struct, frozen=True):
    """One TLSA record (RFC 6698 section 2.1)."""

    usage: int
    selector: int
    matching: int
    data: str  # hex, at most MAX_SHOWN octets of it
    length: int  # octets of the data in the record


class DaneHost(msgspec.Struct, frozen=True):
    """One MX host with its TLSA records."""

    name: str
    records: tuple[Tlsa, ...]
    is_secure: bool  # the TLSA answer was validated (AD); insecure TLSA records do not count
    address_is_secure: bool  # the host's address answers were validated (section 2.2.2)
    broken: int = 0  # TLSA records whose data is cut off

    @property
    def is_covered(self) -> bool:
        """At least one usable record, and all answers about the host validated."""
        usable = any(is_usable(record) for record in self.records)
        return usable and self.is_secure and self.address_is_secure


class Dane(Reading, frozen=True):
    """The MX hosts, and what they publish for DANE. None when no MX host has TLSA records."""

    hosts: tuple[DaneHost, ...]
    mx_is_secure: bool  # the MX answer was validated; without that no DANE (section 2.2.1)
    unmeasured: tuple[str, ...] = ()  # hosts whose TLSA or address could not be asked; not in hosts


DIGEST_LENGTHS = {1: 32, 2: 64}  # octets of SHA2-256 and SHA2-512 (RFC 6698 section 2.1.3)


def is_usable(record: Tlsa) -> bool:
    """Whether an SMTP client can use the record (RFC 7672 section 3.1)."""
    if record.usage not in (2, 3) or record.selector > 1 or record.matching > 2:
        return False
    return record.length == DIGEST_LENGTHS.get(record.matching, record.length) and record.length > 0


def tlsa_question(host: str) -> Question | None:
    """TLSA of SMTP at a host; None when the name gets too long for a question."""
    name = f"_25._tcp.{host}"
    if len(host) > 200 and len(wire.write_name(host)) + len("_25._tcp.") > wire.MAX_NAME:
        return None
    return Question(name, wire.TLSA)


def questions(site: Site) -> Plan:
    """The MX set (asked by the mx family too), then TLSA of its hosts."""
    (answer,) = yield (mx_question(site.domain),)
    asked = tuple(question for host in mail_hosts(answer) if (question := tlsa_question(host)))
    if asked:
        yield asked


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """The MX hosts with their TLSA records; None when all were asked and none has any."""
    mx = look(mx_question(site.domain))
    if not _can_be_trusted(mx):
        return not_measured(mx)
    hosts: list[DaneHost] = []
    silent: list[Answer] = []
    for name in mail_hosts(mx):
        question = tlsa_question(name)
        if question is None:
            continue
        tlsa = look(question)
        addresses = [look(asked) for asked in host_questions(name)] if tlsa.is_present else []
        unmeasured = [answer for answer in (tlsa, *addresses) if not _can_be_trusted(answer)]
        if unmeasured:
            silent.append(unmeasured[0])
            continue
        hosts.append(_host(name, tlsa, addresses))
    if not any(host.records or host.broken for host in hosts):
        return not_measured(silent[0]) if silent else None
    names = tuple(answer.question.name for answer in silent)
    return Dane(tuple(hosts), mx.ad, names)


def _can_be_trusted(answer: Answer) -> bool:
    """Whether it tells of security too; that there is nothing needs nobody's signature here."""
    return answer.is_measured and not (answer.is_present and answer.is_unvalidated)


def _host(name: str, tlsa: Answer, addresses: list[Answer]) -> DaneHost:
    rrset = tlsa.rrset()
    records, broken = _records(rrset.rdata) if rrset is not None else ((), 0)
    secure = bool(addresses) and all(answer.ad for answer in addresses)
    return DaneHost(name, records, tlsa.ad, secure, broken)


@functools.lru_cache(maxsize=4096)
def _records(rdata: tuple[bytes, ...]) -> tuple[tuple[Tlsa, ...], int]:
    """TLSA data read, and how many are cut off; hosts are shared, so each set is read once."""
    whole = [data for data in rdata if len(data) > 3]
    records = tuple(
        Tlsa(data[0], data[1], data[2], data[3 : 3 + MAX_SHOWN].hex(), len(data) - 3)
        for data in whole[:MAX_RECORDS]
    )
    return records, len(rdata) - len(whole)


RECORD = Record("dane", "DANE for mail (TLSA)", Dane, questions, read)
