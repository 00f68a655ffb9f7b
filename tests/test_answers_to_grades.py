"""The whole way below the network, on bytes: answers -> readings -> JSON -> grades -> what is said.

Whatever comes in, a value comes out: no part raises, and no text leaves that is not printable.
Every recorded message of real name servers goes through, and whatever Hypothesis thinks of.
"""

from __future__ import annotations

import functools
import io
import json
import random
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason, classify, not_asked
from dnstats.check.checked import judge
from dnstats.check.showing import as_json, full
from dnstats.grade.grading import grade_site
from dnstats.process.readings import read_readings, write_readings
from dnstats.process.site_run import read_site
from dnstats.records import load_records
from dnstats.records.record import Look, Site
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from tests.answers import run_plan
from tests.scan.test_recorded import messages, question_of


def goes_through(domain: str, look: Look) -> None:
    """Ask for, read, keep, grade and show one site."""
    site = Site(1, domain)
    for record in load_records():
        run_plan(record.questions(site), look)
    run = read_site(site, look, load_records())
    kept = write_readings(run.readings)
    assert read_readings(kept) == run.readings
    assert "\\u0000" not in kept  # JSONB holds no NUL
    grades = grade_site(run.readings)
    for grade in (grades.overall, *(one.grade for one in grades.families)):
        assert grade is None or 0 <= grade <= 100
    assert all(remark.evidence.isprintable() for remark in grades.remarks)
    checked = judge(run, ())
    assert json.loads(as_json(checked, with_readings=True))["domain"] == domain
    file = io.StringIO()
    Console(file=file, force_terminal=True, color_system=None, width=100).print(full(checked))
    assert all(line.isprintable() for line in file.getvalue().split("\n"))


# Recorded messages


def answered(question: Question, message: bytes) -> Answer:
    """The message as the scan would have kept it."""
    try:
        walked = wire.parse(message)
    except wire.Malformed:
        return Answer(question, Outcome.NOT_MEASURED, Reason.MALFORMED)
    outcome, reason = classify(walked, question)
    return Answer(
        question, outcome, reason, walked.rcode, walked.ede, walked.aa, walked.ad,
        server=question.server, message=message,
    )  # fmt: skip


def test_every_recorded_message_goes_through() -> None:
    assert sum(sites_of(messages())) > 1500


def sites_of(recorded: Iterable[bytes]) -> Iterator[int]:
    """Sites made of what was recorded of each name, as many as it takes to use every message."""
    by_name: dict[str, dict[int, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    for message in recorded:
        found = question_of(message, "")
        if found is not None and found[0].name != ".":
            by_name[found[0].name][found[0].rdtype].append(message)
    for name, kinds in by_name.items():
        for turn in range(max(map(len, kinds.values()))):
            told = {rdtype: all_[turn] for rdtype, all_ in kinds.items() if turn < len(all_)}
            goes_through(name, functools.partial(look_at, name, told))
            yield len(told)


def look_at(name: str, told: dict[int, bytes], question: Question) -> Answer:
    """The answer about a name of which these messages are known by type."""
    message = told.get(question.rdtype) if question.name == name else None
    return not_asked(question) if message is None else answered(question, message)


# Whatever Hypothesis thinks of


@functools.cache
def recorded_data() -> dict[int, list[bytes]]:
    """Record data by type, as it stood in the messages: names in it may still be compressed."""
    found: dict[int, list[bytes]] = defaultdict(list)
    for message in messages():
        try:
            walked = wire.parse(message)
        except wire.Malformed:
            continue
        for rr in (*walked.answer, *walked.authority):
            found[rr.rdtype].append(message[rr.start : rr.end])
    return found


STARTS = (
    b"v=spf1 ", b"v=DMARC1; ", b"v=DMARC1;p=reject;rua=", b"v=BIMI1; l=", b"v=STSv1; id=",
    b"v=TLSRPTv1; rua=mailto:", b"v=spf1 include:a.example redirect=", b"",
)  # fmt: skip
NAMES = (b"\x01a\x07example\0", b"\0", b"\xc0\x0c", b"\xc0\xff", b"\x03\xff\x00.\x07example\0")
ADDRESSES = (b"\x7f\0\0\1", b"\xc0\0\2\1", bytes(16), b"\x20\1" + bytes(13) + b"\1", b"\1\2\3")


class Hostile:
    """An internet that answers with odd bytes, the same ones to the same question."""

    def __init__(self, seed: int, octets: list[bytes]) -> None:
        self._seed, self._octets = seed, octets

    def look(self, question: Question) -> Answer:
        chance = random.Random(f"{self._seed} {question}")
        if chance.random() < 0.15:
            return Answer(question, Outcome.NOT_MEASURED, chance.choice(list(Reason)))
        count = chance.choice((0, 1, 1, 2, 3))
        data = [self._data(chance, question.rdtype) for _ in range(count)]
        flags = 0x8180 | chance.choice((0, 0x400, 0x20, 0x420)) | chance.choice((0, 0, 0, 3))
        if question.server:
            flags |= 0x400
        rdtypes = (question.rdtype, question.rdtype, question.rdtype, wire.CNAME, wire.RRSIG)
        body = b"".join(
            b"\xc0\x0c" + struct.pack("!HHIH", chance.choice(rdtypes), 1, 60, len(one)) + one
            for one in data
        )
        header = struct.pack("!HHHHHH", 0, flags, 1, count, 0, 0)
        asked = wire.write_name(question.name) + struct.pack("!HH", question.rdtype, 1)
        return answered(question, header + asked + body)

    def _data(self, chance: random.Random, rdtype: int) -> bytes:
        octets = chance.choice(self._octets)
        kind = chance.randrange(4)
        known = recorded_data().get(rdtype)
        if kind == 0 or (kind == 1 and not known):
            return octets
        if kind == 1 and known:
            return chance.choice(known)
        return b"".join(self._form(chance, rdtype, octets))[:60_000]

    def _form(self, chance: random.Random, rdtype: int, octets: bytes) -> Iterator[bytes]:
        if rdtype == wire.TXT:
            text = chance.choice(STARTS) + octets
            yield from (bytes((len(text[i : i + 255]),)) + text[i : i + 255]
                        for i in range(0, len(text), 255))  # fmt: skip
        elif rdtype in (wire.A, wire.AAAA):
            yield chance.choice(ADDRESSES)
        elif rdtype in (wire.NS, wire.CNAME, wire.MX, wire.HTTPS):
            yield b"\0\1" * (rdtype in (wire.MX, wire.HTTPS)) + chance.choice(NAMES)
            yield octets * (rdtype == wire.HTTPS)
        elif rdtype == wire.SOA:
            yield chance.choice(NAMES) + chance.choice(NAMES) + (octets + bytes(20))[:20]
        elif rdtype == wire.CAA:
            tag = chance.choice((b"issue", b"issuewild", b"iodef", b"issuemail", octets[:9]))
            yield bytes((chance.choice((0, 128, 1)), len(tag))) + tag + octets
        else:
            yield bytes(chance.randrange(256) for _ in range(4)) + octets


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.binary(max_size=300), min_size=1, max_size=6))
def test_whatever_the_internet_answers_goes_through(seed: int, octets: list[bytes]) -> None:
    goes_through("www.example.com", Hostile(seed, octets).look)
