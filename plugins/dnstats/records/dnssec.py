"""How a zone is signed, and what a validating resolver made of it. Judges nothing.

The verdict is the resolver's: nothing here checks a signature. Digests are compared, so that a DS
that fits no key is seen whatever the resolver can do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from dnstats import wire
from dnstats.answer import Answer, Plan, Question, Reason
from dnstats.records.dnssec_rdata import (
    Denial,
    Dnskey,
    Ds,
    KeyDigests,
    Nsec3Param,
    Signature,
    read_denial,
    read_dnskey,
    read_ds,
    read_nsec3param,
    read_signatures,
    seconds_between,
)
from dnstats.records.dnssec_state import State, is_blamed, state_of
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.record import Look, NotMeasured, Reading, Record, Site, not_measured
from dnstats.records.zone import look_unchecked, soa_question, zone_of


class Dnssec(Reading, frozen=True):
    """DNSSEC at a zone apex; a zone without any is a value too, with its state insecure."""

    zone: str
    state: State
    ede: tuple[int, ...]  # what the resolver added to its answer or refusal (RFC 8914)
    ds: tuple[Ds, ...] | NotMeasured
    dnskeys: tuple[Dnskey, ...] | NotMeasured
    cds: tuple[Ds, ...] | NotMeasured = ()  # not asked, and empty, where nothing is signed
    cdnskeys: tuple[Dnskey, ...] | NotMeasured = ()
    nsec3: tuple[Nsec3Param, ...] | NotMeasured = ()
    signatures: tuple[Signature, ...] = ()  # over SOA and DNSKEY
    malformed: tuple[str, ...] = ()  # types with data that nobody can read
    denial: Denial | None = None  # None: no negative answer with a proof was seen


_AT_SIGNED = (wire.CDS, wire.CDNSKEY, wire.NSEC3PARAM)


def questions(site: Site) -> Plan:
    """SOA, DS and DNSKEY; the rest only of signed zones, unchecked when the resolver refused."""
    domain = site.domain
    soa, ds, dnskey = yield (
        soa_question(domain),
        Question(domain, wire.DS),
        Question(domain, wire.DNSKEY),
    )
    is_refused = soa.reason is Reason.SERVFAIL
    if is_refused or dnskey.reason is Reason.SERVFAIL:
        soa, dnskey = yield soa_question(domain, cd=True), Question(domain, wire.DNSKEY, cd=True)
    if ds.is_present or dnskey.is_present:
        yield tuple(Question(domain, rdtype, cd=is_refused) for rdtype in _AT_SIGNED)


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """None for a name that is no zone apex; NotMeasured when nobody can tell the state."""
    domain = site.domain
    soa, ds = look(soa_question(domain)), look(Question(domain, wire.DS))
    zone = zone_of(domain, look)
    if isinstance(zone, NotMeasured):
        if not is_blamed(soa):
            return zone
    elif not zone.is_apex:
        return None
    state = state_of(soa, look(soa_question(domain, cd=True)), ds)
    if isinstance(state, NotMeasured):
        return state
    return _Reader(domain, look).read(state, soa.ede)


_T = TypeVar("_T")


class _Reader:
    """Reads the parts of one zone, keeping what could not be read."""

    def __init__(self, domain: str, look: Look) -> None:
        self._domain, self._look = domain, look
        self._malformed: list[str] = []

    def read(self, state: State, ede: tuple[int, ...]) -> Dnssec:
        domain = self._domain
        ds_answer, key_answer = self._answer(wire.DS), self._answer(wire.DNSKEY)
        is_signed = ds_answer.is_present or key_answer.is_present
        keys = self._rdata(key_answer)
        soa = look_unchecked(soa_question(domain), self._look)
        return Dnssec(
            domain,
            state,
            ede,
            self._digests(ds_answer, keys),
            self._all(key_answer, read_dnskey),
            self._digests(self._answer(wire.CDS), keys) if is_signed else (),
            self._all(self._answer(wire.CDNSKEY), read_dnskey) if is_signed else (),
            self._all(self._answer(wire.NSEC3PARAM), read_nsec3param) if is_signed else (),
            self._signatures(soa, key_answer) if is_signed else (),
            tuple(self._malformed),
            self._denial() if is_signed else None,
        )

    def _denial(self) -> Denial | None:
        for rdtype in _AT_SIGNED:
            answer = self._answer(rdtype)
            if answer.is_absent and (denial := read_denial(answer.message, self._domain)):
                return denial
        return None

    def _answer(self, rdtype: int) -> Answer:
        return look_unchecked(Question(self._domain, rdtype), self._look)

    def _rdata(self, answer: Answer) -> tuple[bytes, ...] | None:
        """The data at the zone's own name; None when not measured."""
        if not answer.is_measured:
            return None
        found = answer.rrset()
        return found.rdata if found is not None and not found.aliases else ()

    def _all(
        self, answer: Answer, read_one: Callable[[bytes], _T | None]
    ) -> tuple[_T, ...] | NotMeasured:
        rdata = self._rdata(answer)
        if rdata is None:
            return not_measured(answer)
        read_ones = [read_one(one) for one in rdata]
        if None in read_ones:
            self._malformed.append(wire.TYPE_NAMES[answer.question.rdtype])
        return tuple(one for one in read_ones if one is not None)

    def _digests(
        self, answer: Answer, keys: tuple[bytes, ...] | None
    ) -> tuple[Ds, ...] | NotMeasured:
        records = self._all(answer, read_ds)
        if isinstance(records, NotMeasured) or keys is None or not records:
            return records
        known = KeyDigests(self._domain, keys)
        return tuple(msgspec.structs.replace(ds, matches=known.has(ds)) for ds in records)

    def _signatures(self, *answers: Answer) -> tuple[Signature, ...]:
        return tuple(
            _with_time_left(signature, answer.asked_at)
            for answer in answers
            if answer.is_present
            for signature in read_signatures(answer.message, self._domain)
            if signature.covered in ("SOA", "DNSKEY")
        )


def _with_time_left(signature: Signature, asked_at: float) -> Signature:
    if not asked_at:
        return signature
    left = seconds_between(int(asked_at), signature.expiration)
    return msgspec.structs.replace(signature, left=left)


RECORD = Record("dnssec", "DNSSEC", Dnssec, questions, read)
