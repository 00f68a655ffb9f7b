"""A reading as the few lines a person would look at: the records, near to how they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dnstats.records.address import Address
from dnstats.records.bimi import Bimi
from dnstats.records.caa import Caa
from dnstats.records.dane import Dane
from dnstats.records.dmarc import Dmarc
from dnstats.records.dnssec import Dnssec
from dnstats.records.https import Https
from dnstats.records.msdcs import Msdcs
from dnstats.records.mta_sts import MtaSts
from dnstats.records.mx import Mx
from dnstats.records.ns import Ns
from dnstats.records.record import NotMeasured, Reading
from dnstats.records.soa import Soa
from dnstats.records.spf import Spf
from dnstats.records.tls_rpt import TlsRpt

MOST_LINES = 12


def published(reading: Reading | None) -> tuple[str, ...]:
    """The lines; () for nothing there, not measured, and families without a short form."""
    write = _WRITERS.get(type(reading))
    lines = tuple(write(reading)) if write else ()
    if len(lines) > MOST_LINES:
        return (*lines[: MOST_LINES - 1], f"and {len(lines) - MOST_LINES + 1} more")
    return lines


def _ns(ns: Ns) -> Iterable[str]:
    return ns.names


def _soa(soa: Soa) -> Iterable[str]:
    for one in soa.records:
        timers = f"{one.refresh} {one.retry} {one.expire} {one.minimum}"
        yield f"{one.mname} {one.rname} {one.serial} {timers}"


def _dnssec(dnssec: Dnssec) -> Iterable[str]:
    yield dnssec.state.value
    if not isinstance(dnssec.ds, NotMeasured):
        for one in dnssec.ds:
            yield f"DS {one.key_tag} {one.algorithm} {one.digest_type}"


def _caa(caa: Caa) -> Iterable[str]:
    at = f" (at {caa.found_at})" if caa.level else ""
    for one in caa.properties:
        yield f'{one.flags} {one.tag} "{one.value}"{at}'


def _mx(mx: Mx) -> Iterable[str]:
    return (f"{one.preference} {one.name}" for one in mx.exchanges)


def _dane(dane: Dane) -> Iterable[str]:
    return (f"{host.name}: {len(host.records)} TLSA" for host in dane.hosts)


def _spf(spf: Spf) -> Iterable[str]:
    yield spf.record.text
    if spf.lookups is not None:
        yield f"{spf.verdict.value}; look-ups {spf.lookups} of 10, void {spf.void_lookups} of 2"


def _dmarc(dmarc: Dmarc) -> Iterable[str]:
    if dmarc.record:
        yield dmarc.record
    if dmarc.found_at:
        yield f"at _dmarc.{dmarc.found_at}"


def _address(address: Address) -> Iterable[str]:
    for host in (address.apex, address.www):
        yield f"{host.name}: {' '.join(host.addresses) or '-'}"


def _https(https: Https) -> Iterable[str]:
    return (f"{one.priority} {one.target}" for one in https.bindings)


def _msdcs(msdcs: Msdcs) -> Iterable[str]:
    yield f"SOA of {msdcs.zone}"


def _record(value: Bimi | MtaSts | TlsRpt) -> Iterable[str]:
    yield value.record


_WRITERS: dict[type, Callable[[Any], Iterable[str]]] = {
    Address: _address,
    Https: _https,
    Msdcs: _msdcs,
    Ns: _ns,
    Soa: _soa,
    Dnssec: _dnssec,
    Caa: _caa,
    Mx: _mx,
    Dane: _dane,
    Spf: _spf,
    Dmarc: _dmarc,
    Bimi: _record,
    MtaSts: _record,
    TlsRpt: _record,
}
