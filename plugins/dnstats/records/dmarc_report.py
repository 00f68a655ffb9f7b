"""Who gets a DMARC record's reports, and whether hosts elsewhere agreed to it (RFC 9990).

RFC 9990 compares organisational domains found by tree walks; here the Public Suffix List decides
what is elsewhere, which saves up to eight questions for every host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from dnstats import wire
from dnstats.answer import Question
from dnstats.records import public_suffix
from dnstats.records.dmarc_record import URI_LISTS, DmarcRecord, is_record, parse_record
from dnstats.records.record import Look
from dnstats.records.report_uri import ReportUri, report_uris
from dnstats.records.tag_list import values_of
from dnstats.records.txt import readable, texts

MAX_REPORT_HOSTS = 10  # external hosts whose consent is asked for


class ReportAddress(msgspec.Struct, frozen=True):
    """One URI of `rua` or `ruf`."""

    uri: str  # as published, without an obsolete "!10m"
    host: str  # the domain of a mailto: URI, canonical; "" for every other URI
    is_valid: bool  # a URI (RFC 3986) and, for mailto:, with a mailbox
    is_external: bool = False  # the host is in another organisational domain than the record
    # RFC 9990: whether the host agreed to get reports about this domain. None: not needed (not
    # external) or not measured (then the host is in Dmarc.unmeasured).
    is_authorised: bool | None = None


def consent_question(domain: str, host: str) -> Question:
    """Whether `host` takes reports about `domain` (RFC 9990 section 4)."""
    return Question(f"{domain}._report._dmarc.{host}", wire.TXT)


def external_hosts(domain: str, record: DmarcRecord) -> tuple[str, ...]:
    """Hosts of report addresses in another organisational domain than the record's, in order."""
    return _external(domain, record.rua + record.ruf)


def _external(domain: str, uris: Iterable[ReportUri]) -> tuple[str, ...]:
    hosts = {uri.host: None for uri in uris if uri.is_valid and uri.host}
    hosts.pop(domain, None)
    if not hosts:
        return ()
    own = public_suffix.organisational_domain(domain)
    return tuple([host for host in hosts if public_suffix.organisational_domain(host) != own])


def consent_questions(domain: str, text: str) -> tuple[Question, ...]:
    """The consents to ask for about the record of a domain, at most MAX_REPORT_HOSTS.

    Of the text of the record only the addresses are read: nothing else is needed to ask.
    """
    values = values_of(text, URI_LISTS)
    lists = [values[name] for name in URI_LISTS if name in values]
    uris = [uri for value in lists if not _is_own(domain, value) for uri in report_uris(value)]
    hosts = _external(domain, uris)[:MAX_REPORT_HOSTS] if uris else ()
    return tuple([consent_question(domain, host) for host in hosts if _fits(domain, host)])


def _is_own(domain: str, value: str) -> bool:
    """Whether a value is one address at the domain itself, as most are: nobody else is asked."""
    return value.endswith("@" + domain) and _SEVERAL_PARTS.search(value) is None


_SEVERAL_PARTS = re.compile(r"[,!?]")


def _fits(domain: str, host: str) -> bool:
    return len(domain) + len(host) + len("._report._dmarc.") <= wire.MAX_NAME - 2


def _consents(text: str, host: str) -> bool:
    """Whether a text at the name of a consent is one.

    RFC 9990 section 4, steps 6 to 9: it begins with the version. It may name other addresses at the
    same host; where it names one elsewhere, nothing is sent, there or to the first address.
    """
    if not is_record(text):
        return False
    return all(uri.host in ("", host) for uri in parse_record(text).rua)


def report_addresses(
    domain: str, record: DmarcRecord, look: Look
) -> tuple[tuple[ReportAddress, ...], tuple[ReportAddress, ...], tuple[str, ...]]:
    """rua, ruf, and the hosts whose consent was not measured."""
    consent: dict[str, bool | None] = {}
    for host in external_hosts(domain, record):
        if not _fits(domain, host):
            consent[host] = False  # RFC 9990 section 4 step 4: a name too long is no consent
            continue
        answer = look(consent_question(domain, host))
        consent[host] = (
            any(_consents(readable(text), host) for text in texts(answer))
            if answer.is_measured
            else None
        )
    silent = tuple(host for host, is_given in consent.items() if is_given is None)

    def address(uri: ReportUri) -> ReportAddress:
        is_external = uri.host in consent
        return ReportAddress(uri.uri, uri.host, uri.is_valid, is_external, consent.get(uri.host))

    return tuple(map(address, record.rua)), tuple(map(address, record.ruf)), silent
