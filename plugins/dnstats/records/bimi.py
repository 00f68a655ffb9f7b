"""BIMI: the brand's logo at `default._bimi` (Internet-Draft
draft-brand-indicators-for-message-identification). Fetches neither logo nor certificate.
"""

from __future__ import annotations

import re

from dnstats import wire
from dnstats.answer import Plan, Question
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
_AVATARS = ("brand", "personal")


def bimi_question(domain: str) -> Question:
    """The TXT question of the default selector."""
    return Question(f"default._bimi.{domain}", wire.TXT)


def questions(site: Site) -> Plan:
    """The record; for a subdomain without one, its organisational domain's."""
    (answer,) = yield (bimi_question(site.domain),)
    organisational = organisational_domain(site.domain)
    if answer.is_absent and organisational != site.domain:
        yield (bimi_question(organisational),)


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """The record; None when there is nothing like one."""
    at = site.domain
    answer = look(bimi_question(at))
    organisational = organisational_domain(at)
    if answer.is_absent and organisational != at:
        at = organisational
        answer = look(bimi_question(at))
    if not answer.is_measured:
        return not_measured(answer)
    lines = [line for line in map(readable, texts(answer)) if _TRIES.match(line)]
    return _bimi(lines, at) if lines else None


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
    avatar = form.get("avp")
    if avatar is not None and avatar.lower() not in _AVATARS:
        return (*unknown, Defect(tag_list.BAD_VALUE, "avp", avatar))
    return unknown


def parse_example(text: str | tuple[str, ...]) -> Reading | None:
    """How example.com reads with this text at `default._bimi`."""
    published = (text,) if isinstance(text, str) else text
    return read(Site(1, "example.com"), txt_zone({"default._bimi.example.com": published}))


RECORD = Record("bimi", "BIMI", Bimi, questions, read)
