"""Which records of an answer SPF looks at: the SPF texts among TXT records, the exchanges of an MX.

Answers for names that many sites share (includes, mail hosts) are walked once and remembered.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, RRset
from dnstats.records.spf_record import VERSION, is_spf
from dnstats.records.txt import join_strings


class Selected(NamedTuple):
    """What SPF sees of a TXT answer."""

    texts: tuple[bytes, ...]  # selected as SPF (RFC 7208 section 4.5), in the RRset's order
    # Every TXT could be read to its end; otherwise "no SPF" may be one that is cut off.
    is_readable: bool = True
    ttl: int = 0  # seconds


def spf_texts(answer: Answer) -> Selected:
    """The SPF texts in an answer to a TXT question; none unless it is present."""
    if not answer.is_present:
        return Selected((), answer.is_measured)
    return _spf_texts(answer.message, answer.question)


def texts_once(answer: Answer) -> tuple[bytes, ...]:
    """The same texts, not remembered: most answers are looked at by one site only."""
    records = _records(answer) if answer.is_present else None
    found = []
    for rdata in records.rdata if records is not None else ():
        if rdata[1:7].lower() != VERSION and rdata[:1] > b"\5":
            continue  # what nearly all other texts end at; a version may come in pieces
        if _is_whole(rdata) and is_spf(text := join_strings(rdata)):
            found.append(text)
    return tuple(found)


def exchanges_of(answer: Answer) -> tuple[str, ...]:
    """The names in an MX answer, one a record, in its order; "." stands for a null MX."""
    return _exchanges(answer.message, answer.question) if answer.is_present else ()


@functools.lru_cache(maxsize=8192)
def _spf_texts(message: bytes, question: Question) -> Selected:
    return _select(Answer(question, Outcome.PRESENT, message=message))


def _select(answer: Answer) -> Selected:
    records = _records(answer)
    if records is None:
        return Selected((), is_readable=False)
    found, is_readable = [], True
    for rdata in records.rdata:
        if not _is_whole(rdata):
            is_readable = False
            continue
        text = join_strings(rdata)
        if is_spf(text):
            found.append(text)
    return Selected(tuple(found), is_readable, records.ttl)


def _is_whole(rdata: bytes) -> bool:
    """Whether the character-strings fill the RDATA exactly (RFC 1035 section 3.3.14)."""
    if rdata and rdata[0] == len(rdata) - 1:
        return True
    offset = 0
    while offset < len(rdata):
        offset += 1 + rdata[offset]
    return offset == len(rdata)


@functools.lru_cache(maxsize=8192)
def _exchanges(message: bytes, question: Question) -> tuple[str, ...]:
    records = _records(Answer(question, Outcome.PRESENT, message=message))
    if records is None:
        return ()
    names = []
    for start, end in records.spans:
        try:
            name, behind = wire.read_name(message, start + 2)
        except wire.Malformed:
            continue
        if behind == end:
            names.append(name)
    return tuple(names)


def _records(answer: Answer) -> RRset | None:
    """The records in an answer that was called present; None when nobody can walk it after all."""
    try:
        return answer.rrset()
    except wire.Malformed:
        return None
