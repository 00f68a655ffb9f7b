"""Which authorities may issue certificates for a site (CAA). Judges nothing.

The set that counts is the site's own or the nearest parent's, up to the top-level domain (RFC 8659
section 3). One level that was not measured makes everything above it unknown: a "no CAA" that
skips it would be a guess.
"""

from __future__ import annotations

import re

import msgspec

from dnstats import wire
from dnstats.answer import Plan, Question
from dnstats.records.caa_property import Property, parse_property, read_property
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.record import Look, Reading, Record, Site, not_measured


class Caa(Reading, frozen=True):
    """The CAA set that counts for a site: its own, or the nearest parent's."""

    found_at: str
    level: int  # 0: at the site; 1: at its parent ...
    properties: tuple[Property, ...]
    malformed: int = 0  # records whose data nobody can read
    issuers: tuple[str, ...] | None = None  # of certificates for names: None anybody, () nobody
    wildcard_issuers: tuple[str, ...] | None = None
    mail_issuers: tuple[str, ...] | None = None  # S/MIME (RFC 9495)
    mark_issuers: tuple[str, ...] | None = None  # verified marks (issuevmc)
    alias: str = ""  # where a CNAME at `found_at` leads to; its owner decides then

    def of(self, *tags: str) -> tuple[Property, ...]:
        """The properties with one of these tags."""
        return tuple(one for one in self.properties if one.tag in tags)


def _climb(domain: str) -> tuple[Question, ...]:
    return tuple(Question(name, wire.CAA) for name in (domain, *wire.parents(domain)))


def questions(site: Site) -> Plan:
    """CAA at the site and, while there is none, at each parent up to the top-level domain."""
    for question in _climb(site.domain):
        (answer,) = yield (question,)
        if not answer.is_absent:
            return


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """None when every level up to the top-level domain said that there is none."""
    for level, question in enumerate(_climb(site.domain)):
        answer = look(question)
        if not answer.is_measured:
            return not_measured(answer)
        found = answer.rrset()
        if found is not None:
            properties = [read_property(rdata) for rdata in found.rdata]
            readable = tuple(one for one in properties if one is not None)
            value = caa_of(question.name, level, readable, len(properties) - len(readable))
            alias = found.owner if found.aliases else ""
            return msgspec.structs.replace(value, alias=alias) if alias else value
    return None


def caa_of(found_at: str, level: int, properties: tuple[Property, ...], malformed: int = 0) -> Caa:
    """The value of a set, with its "who may issue" answers worked out."""
    ordered = tuple(sorted(properties, key=lambda one: (one.tag, one.value, one.flags)))
    issuers = _issuers(ordered, "issue")
    has_wildcard = any(one.tag == "issuewild" for one in ordered)
    return Caa(
        found_at,
        level,
        ordered,
        malformed,
        issuers,
        _issuers(ordered, "issuewild") if has_wildcard else issuers,
        _issuers(ordered, "issuemail"),
        _issuers(ordered, "issuevmc"),
    )


def _issuers(properties: tuple[Property, ...], tag: str) -> tuple[str, ...] | None:
    """Who may issue by one property: None anybody, () nobody.

    A critical property that no authority knows forbids all issuance (RFC 8659 section 4.5).
    """
    if any(one.is_critical and one.is_unknown for one in properties):
        return ()
    named = [one for one in properties if one.tag == tag]
    if not named:
        return None
    return tuple(sorted({one.issuer for one in named} - {""}))


_PRESENTATION = re.compile(r"\s*(\d+)\s+(\S+)\s+(.*?)\s*", re.DOTALL)


def parse_example(text: str | tuple[str, ...]) -> Caa:
    """A set in presentation form (RFC 8659 section 4.1.1), for examples; ValueError if it is not.

    One record per string: `0 issue "ca.example"`.
    """
    properties = []
    for record in (text,) if isinstance(text, str) else text:
        match = _PRESENTATION.fullmatch(record)
        if match is None or int(match[1]) > 255:
            raise ValueError(f"{record!r} is no CAA record")
        value = match[3]
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1].replace('\\"', '"')
        properties.append(parse_property(int(match[1]), match[2].encode(), value.encode()))
    return caa_of("example.com", 0, tuple(properties))


RECORD = Record("caa", "Certification authority authorisation (CAA)", Caa, questions, read)
