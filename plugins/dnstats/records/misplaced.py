"""TXT records at the site's own name that were meant for something and do not reach it.

Texts that look like SPF and are not selected as SPF, policies of other names, dead experiments.
Reads them; judges nothing. Asks what SPF asks.
"""

from __future__ import annotations

import re

from dnstats import wire
from dnstats.answer import Question
from dnstats.records.example import txt_zone
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.record import Look, Reading, Record, Site, not_measured
from dnstats.records.spf_record import is_spf
from dnstats.records.txt import readable, texts

MAX_KEPT = 5  # of each kind
MAX_SHOWN = 300  # characters of each


class Misplaced(Reading, frozen=True):
    """None when no text at the name is of these kinds."""

    like_spf: tuple[str, ...] = ()  # begins nearly like SPF, and is not selected (RFC 7208 4.5)
    dmarc: tuple[str, ...] = ()  # belongs to `_dmarc`
    sender_id: tuple[str, ...] = ()  # "spf2.0/...": Sender ID, ended (RFC 6686)


# Whatever stands in front (quotation marks, spaces of all kinds) is what keeps it from being read.
_LIKE_SPF = re.compile(rb"[^a-z0-9]*(v\s*[=:][^a-z0-9]*spf|spf1? *[=:] *v|spf1 )", re.IGNORECASE)
_DMARC = re.compile(rb"[^a-z0-9]*v\s*=\s*dmarc", re.IGNORECASE)
_SENDER_ID = re.compile(rb"[^a-z0-9]*spf2\.0/", re.IGNORECASE)


def questions(site: Site) -> tuple[Question, ...]:
    """The TXT records (asked by the spf family too)."""
    return (Question(site.domain, wire.TXT),)


@unreadable_is_not_measured
def read(site: Site, look: Look) -> Reading | None:
    """The texts of each kind; None when there are none."""
    answer = look(Question(site.domain, wire.TXT))
    if not answer.is_measured:
        return not_measured(answer)
    like_spf: list[str] = []
    dmarc: list[str] = []
    sender_id: list[str] = []
    for text in texts(answer):
        if is_spf(text):
            continue
        for pattern, kind in ((_SENDER_ID, sender_id), (_LIKE_SPF, like_spf), (_DMARC, dmarc)):
            if pattern.match(text):
                kind.append(readable(text)[:MAX_SHOWN])
                break
    if not (like_spf or dmarc or sender_id):
        return None
    return Misplaced(
        tuple(like_spf[:MAX_KEPT]), tuple(dmarc[:MAX_KEPT]), tuple(sender_id[:MAX_KEPT])
    )


def parse_example(text: str | tuple[str, ...]) -> Reading | None:
    """How example.com reads with these TXT records at its own name."""
    published = (text,) if isinstance(text, str) else text
    return read(Site(1, "example.com"), txt_zone({"example.com": published}))


RECORD = Record("misplaced", "Misplaced TXT records", Misplaced, questions, read)
