"""BIMI: the brand's logo at `default._bimi` (Internet-Draft
draft-brand-indicators-for-message-identification). Fetches neither logo nor certificate.
"""

from __future__ import annotations

import re

from dnstats import wire
from dnstats.answer import Answer, Plan, Question, Wanted
from dnstats.records import tag_list
from dnstats.records.example import txt_zone
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.public_suffix import organisational_domain
from dnstats.records.record import Look, Reading, Record, Site, not_measured
from dnstats.records.tag_list import Defect, Tag, TagList, split_tags, version_of
from dnstats.records.txt import readable, texts


class Bimi(Reading, frozen=True):
    """What stands at `default._bimi.<site>`, or at the organisational domain's when a subdomain
    has nothing. None when nothing there tries to be BIMI."""

    record: str  # the text; the first one when there are several
    found_at: str  # the domain that publishes it
    is_valid: bool  # the version is right, `l` is there, and there is one record only
    is_declined: bool  # `l=` and `a=` empty: the site takes no part, on purpose
    logo: str  # `l`, "" when missing or empty
    evidence: str  # `a`, "" when missing or empty
    avatar: str  # `avp`: "brand", "personal"; "" when missing
    tags: tuple[Tag, ...]
    defects: tuple[Defect, ...]
    several: int  # texts that begin with v=BIMI1; two are the same as none, so is zero


_TRIES = re.compile(r'"? *v *= *"?bimi', re.IGNORECASE)
_KNOWN = ("v", "l", "a", "avp", "lps")
_VALUES = {"avp": ("brand", "personal"), "lps": ("true", "false")}


def bimi_question(domain: str) -> Question:
    """The TXT question of the default selector."""
    return Question(f"default._bimi.{domain}", wire.TXT)


def questions(site: Site) -> Wanted:
    """The record; for a subdomain without one, its organisational domain's (section 7.2)."""
    organisational = organisational_domain(site.domain)
    if organisational == site.domain:
        return (bimi_question(site.domain),)
    return _climb(site.domain, organisational)


def _climb(domain: str, organisational: str) -> Plan:
    (answer,) = yield (bimi_question(domain),)
    if answer.is_measured and not _lines(answer):
        yield (bimi_question(organisational),)


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """The record; None when there is nothing like one."""
    own = look(bimi_question(site.domain))
    organisational = organisational_domain(site.domain)
    answer = own
    if organisational != site.domain and own.is_measured and not _lines(own):
        answer = look(bimi_question(organisational))
    if not answer.is_measured:
        return not_measured(answer)
    lines = _lines(answer)
    return _bimi(lines, site.domain if answer is own else organisational) if lines else None


def _lines(answer: Answer) -> list[str]:
    """Texts that try to be BIMI."""
    return [line for line in map(readable, texts(answer)) if _TRIES.match(line)]


def _bimi(lines: list[str], at: str) -> Bimi:
    proper = [line for line in lines if line[:1] in "vV" and version_of(line) == "BIMI1"]
    record = (proper or lines)[0]
    form = split_tags(record)
    logo, evidence = form.get("l"), form.get("a")
    return Bimi(
        record,
        at,
        is_valid=len(proper) == 1 and logo is not None,
        is_declined=len(proper) == 1 and logo == "" and not evidence,
        logo=logo or "",
        evidence=evidence or "",
        avatar=(form.get("avp") or "").lower(),
        tags=form.tags,
        defects=form.defects + _defects(form),
        several=len(proper),
    )


def _defects(form: TagList) -> tuple[Defect, ...]:
    unknown = tuple(
        Defect(tag_list.UNKNOWN, tag.name, tag.value) for tag in form.tags if tag.name not in _KNOWN
    )
    bad = tuple(
        Defect(tag_list.BAD_VALUE, tag.name, tag.value)
        for tag in form.tags
        if tag.name in _VALUES and tag.value not in _VALUES[tag.name]
    )
    return unknown + bad


def parse_example(text: str | tuple[str, ...]) -> Reading | None:
    """How example.com reads with this text at `default._bimi`."""
    published = (text,) if isinstance(text, str) else text
    return read(Site(1, "example.com"), txt_zone({"default._bimi.example.com": published}))


RECORD = Record("bimi", "BIMI", Bimi, questions, read)
