"""Answers of 64 kB, made to cost as much as they can: no site holds up the reading of a chunk."""

from __future__ import annotations

import itertools
import struct
import time
from collections.abc import Callable, Iterable, Iterator

import pytest
from dnstats import wire
from dnstats.answer import Answer, Question
from dnstats.grade.grading import grade_site
from dnstats.process.readings import write_readings
from dnstats.process.site_run import read_site
from dnstats.records import load_records
from dnstats.records.record import Look, Site

from tests.answers import run_plan
from tests.test_answers_to_grades import answered

SITE = Site(1, "a.example.com")
SIZE = 64_000
LONGEST = 3.0  # seconds of processor for a site; the worst of these took minutes, and takes 0.7
APEX = {wire.SOA: b"\xc0\x0c\xc0\x0c" + bytes(20), wire.NS: b"\3ns1\xc0\x0c"}

Data = Callable[[int, int], bytes]
"""The data of the record of that number and type."""


def filled(
    question: Question,
    data: Data,
    owners: Iterable[int] = (12,),
    rdtype: int | None = None,
    first: bytes = b"",
) -> bytes:
    """As many records as go into a message, behind `first`; each owner is a pointer there."""
    section = wire.write_name(question.name) + struct.pack("!HH", question.rdtype, 1)
    parts = [first] if first else []
    room = SIZE - len(section) - len(first)
    for number, owner in enumerate(itertools.cycle(owners)):
        one = data(number, question.rdtype)
        kind = question.rdtype if rdtype is None else rdtype
        record = struct.pack("!HHHIH", 0xC000 | owner, kind, 1, 60, len(one)) + one
        room -= len(record)
        if room < 0:
            break
        parts.append(record)
    flags = 0x8580 if question.server else 0x8180
    return struct.pack("!HHHHHH", 0, flags, 1, len(parts), 0, 0) + section + b"".join(parts)


def pointers(question: Question) -> tuple[bytes, int]:
    """A record whose data is a chain of pointers, and where the chain's end is."""
    start = 12 + len(question.name) + 2 + 4 + 12
    places = range(start, 16_380, 2)
    data = b"".join(struct.pack("!H", 0xC000 | (12 if at == start else at - 2)) for at in places)
    return struct.pack("!HHHIH", 0xC00C, 65280, 1, 60, len(data)) + data, places[-1]


def names_at_the_end_of_pointers(question: Question) -> bytes:
    chain, end = pointers(question)
    front = {wire.MX: b"\0\1", wire.HTTPS: b"\0\1"}.get(question.rdtype, b"")
    behind = bytes(20) if question.rdtype == wire.SOA else b""
    middle = struct.pack("!H", 0xC000 | end - 2) if question.rdtype == wire.SOA else b""

    def data(number: int, _: int) -> bytes:
        return front + struct.pack("!H", 0xC000 | end - 2 * (number % 2)) + middle + behind

    return filled(question, data, first=chain)


def owners_at_the_end_of_pointers(question: Question) -> bytes:
    chain, end = pointers(question)
    return filled(question, lambda *_: b"\0\0", owners=(end, end - 2), first=chain)


def small_ones(question: Question) -> bytes:
    def data(number: int, rdtype: int) -> bytes:
        label = b"\3%03x\xc0\x0c" % (number % 4096)
        if rdtype == wire.TXT:
            return b"\4" + number.to_bytes(4)
        if rdtype in (wire.DS, wire.CDS):
            return struct.pack("!HBBH", 1, 8, 2, number)
        if rdtype in (wire.NS, wire.MX):
            return b"\0\1" * (rdtype == wire.MX) + label
        return number.to_bytes(16 if rdtype == wire.AAAA else 4)

    return filled(question, data)


def keys_of_one_tag(question: Question) -> bytes:
    """The key tag is a sum: two octets of each key make all of them 65535 (RFC 4034 appendix B)."""

    def data(number: int, rdtype: int) -> bytes:
        if rdtype != wire.DNSKEY:
            return struct.pack("!HBBI", 65535, 8, 2, number)
        return struct.pack("!HBBHH", 256, 3, 8, number, 65535 - 256 - 776 - number)

    if question.rdtype in APEX:
        return filled(question, lambda number, rdtype: APEX[rdtype] if not number else bytes(SIZE))
    return filled(question, data)


def aliases(question: Question) -> bytes:
    return filled(
        question, lambda number, _: b"\3%03x\xc0\x0c" % (number % 4096), rdtype=wire.CNAME
    )


BOMBS = (
    names_at_the_end_of_pointers, owners_at_the_end_of_pointers, small_ones, keys_of_one_tag,
    aliases,
)  # fmt: skip


def looking(make: Callable[[Question], bytes]) -> Look:
    told: dict[Question, Answer] = {}

    def look(question: Question) -> Answer:
        if question not in told:
            told[question] = answered(question, make(question))
        return told[question]

    return look


def takes_no_time(look: Look) -> None:
    records = load_records()
    for record in records:
        run_plan(record.questions(SITE), look)  # makes the answers
    began = time.process_time()
    for record in records:
        run_plan(record.questions(SITE), look)
    run = read_site(SITE, look, records)
    kept = write_readings(run.readings)
    grade_site(run.readings)
    assert time.process_time() - began < LONGEST
    assert len(kept.encode()) < 16_000_000
    assert "\\u0000" not in kept


@pytest.mark.parametrize("make", BOMBS, ids=lambda make: make.__name__)
def test_no_answer_is_too_large_to_be_read(make: Callable[[Question], bytes]) -> None:
    takes_no_time(looking(make))


@pytest.mark.parametrize("make", BOMBS, ids=lambda make: make.__name__)
def test_no_answer_holds_up_a_scan(make: Callable[[Question], bytes]) -> None:
    """What the scan does with a message: walk it once and call it present, absent or neither."""
    for rdtype in (wire.NS, wire.SOA):
        question = Question(SITE.domain, rdtype, "192.0.2.1")
        message = make(question)
        began = time.process_time()
        answered(question, message)
        assert time.process_time() - began < 1.0  # eight seconds and more with endless pointers


TEXTS = (
    "v=spf1 |a:%{d} ", "v=spf1 |ip4:1.2.3.4 ", "v=spf1 |include:a.b ", "v=spf1 a:|a.",
    "v=spf1 a|/1", "v=spf1 exp=|%{d1r.-+,/_=}", "v=spf1 |\t", "v=spf1 |redirect=x ",
    "v=spf1 ip6:|:", "v=DMARC1;|;", "v=DMARC1;p=reject;rua=|mailto:a@b.c,",
    "v=DMARC1;p=reject;rua=mailto:a@|a.", "v=DMARC1;|a=b;", "v=DMARC1;p=reject;rua=x://[|:",
    "v=DMARC1;p=reject;rua=x:|%41", "v=DMARC1;fo=|0:", "v |= ", "v=BIMI1; |l=;", "v=BIMI1; l=|a",
    "v=STSv1;|id=1;", "v=TLSRPTv1; rua=|https://a/,", "|spf1 ", "|\0", "|\\", "|é", "| ", "|!",
)  # fmt: skip
PROPERTIES = (
    "iodef|a@a.", "iodef|mailto:a@a.", "iodef|https://a", "contactemail|a@", "contactphone|+1",
    "issue|a-", "issue|a.", "issue|;", "issue|;a=b", "issue| ", "issuemail|a.a;",
)  # fmt: skip


def repeated(text: str) -> Iterator[bytes]:
    start, part = (one.encode() for one in text.split("|"))
    whole = (start + part * SIZE)[: SIZE - 1000]
    return (whole[at : at + 255] for at in range(0, len(whole), 255))


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_is_too_long_to_be_read(text: str) -> None:
    data = b"".join(bytes((len(one),)) + one for one in repeated(text))

    def make(question: Question) -> bytes:
        rest = APEX.get(question.rdtype, b"")
        mine = data if question.rdtype == wire.TXT else rest
        return filled(question, lambda number, _: mine if not number else bytes(SIZE))

    takes_no_time(looking(make))


@pytest.mark.parametrize("text", PROPERTIES)
def test_no_caa_property_is_too_long_to_be_read(text: str) -> None:
    tag, part = (one.encode() for one in text.split("|"))
    value = (part * SIZE)[: SIZE - 1000]

    def make(question: Question) -> bytes:
        mine = bytes((0, len(tag))) + tag + value
        return filled(question, lambda number, _: mine if not number else bytes(SIZE))

    takes_no_time(looking(make))
