"""DANE for SMTP: TLSA records of the MX hosts (RFC 7672). Reads them; judges nothing.

Whether they count hangs on validation, and so on the resolver. AD is believed where the signatures
came with it, a missing AD only of a resolver that is seen to validate: of others nobody can tell.

Asked at the name in the MX record. Where that is an alias a sender would try the target's name
too (RFC 7672 section 2.2.2); an MX to an alias is a fault of its own, so this is not followed.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Plan, Question
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.host import host_questions
from dnstats.records.mx import mail_hosts, mx_question
from dnstats.records.record import Look, Reading, Record, Site, not_measured

MAX_RECORDS = 20  # TLSA records kept per host
ROOT = Question(".", wire.SOA)  # signed: whoever validates says so of it
MAX_SHOWN = 64  # octets of data kept: the longest digest


class Tlsa(msgspec.Struct, frozen=True):
    """One TLSA record (RFC 6698 section 2.1)."""

    usage: int
    selector: int
    matching: int
    data: str  # hex, at most MAX_SHOWN octets of it
    length: int  # octets of the data in the record


class DaneHost(msgspec.Struct, frozen=True):
    """One MX host with its TLSA records. Security is None where nobody could tell."""

    name: str
    records: tuple[Tlsa, ...]
    is_secure: bool | None  # the TLSA answer was validated; insecure TLSA records do not count
    address_is_secure: bool | None  # so were the host's address answers (section 2.2.2)
    broken: int = 0  # TLSA records whose data is cut off

    @property
    def is_covered(self) -> bool:
        """At least one usable record, and all answers about the host validated."""
        usable = any(is_usable(record) for record in self.records)
        return usable and self.is_secure is True and self.address_is_secure is True


class Dane(Reading, frozen=True):
    """The MX hosts, and what they publish for DANE. None when no MX host has TLSA records."""

    hosts: tuple[DaneHost, ...]
    mx_is_secure: bool | None  # the MX answer was validated; else no DANE (2.2.1); None: unknown
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
    """The MX set (asked by the mx family too), then TLSA of its hosts.

    With them the root's SOA, which tells whether the resolver validates: one for all sites.
    """
    (answer,) = yield (mx_question(site.domain),)
    asked = tuple(question for host in mail_hosts(answer) if (question := tlsa_question(host)))
    if asked:
        yield (*asked, ROOT)


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """The MX hosts with their TLSA records; None when all were asked and none has any."""
    mx = look(mx_question(site.domain))
    if not _can_be_trusted(mx):
        return not_measured(mx)
    told: list[tuple[str, Answer, list[Answer]]] = []
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
        else:
            told.append((name, tlsa, addresses))
    if not any(tlsa.is_present for _, tlsa, _ in told):
        return not_measured(silent[0]) if silent else None
    validators = Validators(look, (mx, *(one for _, tlsa, rest in told for one in (tlsa, *rest))))
    hosts = tuple(_host(*one, validators) for one in told)
    names = tuple(answer.question.name for answer in silent)
    return Dane(hosts, validators.is_secure(mx), names)


def _can_be_trusted(answer: Answer) -> bool:
    """Whether it tells of security too; that there is nothing needs nobody's signature here."""
    return answer.is_measured and not (answer.is_present and answer.is_unvalidated)


class Validators:
    """Which resolvers are seen to validate: those that did so of any of these answers, or the
    root's.
    """

    def __init__(self, look: Look, answers: Iterable[Answer]) -> None:
        self._known = {one.server for one in (*answers, look(ROOT)) if one.ad and is_signed(one)}

    def is_secure(self, answer: Answer) -> bool | None:
        """Whether it was validated; None when that cannot be told from it.

        Asked with DO set, whoever validated hands on the signatures that he validated by. Without
        EDNS there is no DO, and so no AD.
        """
        if answer.ad:
            return True if is_signed(answer) else None
        is_asked = answer.server in self._known and wire.has_edns(answer.message)
        return False if is_asked else None


def is_signed(answer: Answer) -> bool:
    """Whether signatures came with it (RFC 4035 section 3.2.1)."""
    if not answer.message:
        return False
    message = answer.walk()
    records = message.answer if answer.is_present else message.authority
    return any(rr.rdtype == wire.RRSIG and rr.rdclass == 1 for rr in records)


def _host(name: str, tlsa: Answer, addresses: list[Answer], validators: Validators) -> DaneHost:
    rrset = tlsa.rrset()
    records, broken = _records(rrset.rdata) if rrset is not None else ((), 0)
    if not addresses:  # without TLSA records nobody asks how secure its address is
        return DaneHost(name, records, validators.is_secure(tlsa), False, broken)
    verdicts = [validators.is_secure(answer) for answer in addresses]
    secure = False if False in verdicts else None if None in verdicts else True
    return DaneHost(name, records, validators.is_secure(tlsa), secure, broken)


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
