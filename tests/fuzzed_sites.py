"""Sites whose answers are real records, mutated: for fuzzing what reads and judges them."""

from __future__ import annotations

import functools
import gzip
import json
import random
import struct
import time
from pathlib import Path

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.grade.grading import grade_site
from dnstats.process.readings import read_readings, write_readings
from dnstats.process.site_run import read_site
from dnstats.records import load_records
from dnstats.records.record import Site

from tests.answers import run_plan
from tests.test_answers_to_grades import answered, recorded_data

DATA = Path(__file__).parent / "data"
LONGEST = 1.0  # seconds of processor for one family of one site
LARGEST = 64_000  # octets of record data in one answer
DOMAINS = ("example.com", "www.example.com", "a.b.c.d.e.f.g.h.i.example.co.uk", "com", "xn--9ca.fr")
TAGS = (b"issue", b"issuewild", b"iodef", b"issuemail", b"issuevmc", b"contactemail", b"x" * 20)
TOKENS = (
    b";", b"=", b":", b"/", b"%", b"%{d}", b"%{d2r.-}", b"%{", b"\\", b'"', b" ", b"\t", b"\n",
    b",", b"!", b"@", b"[", b"]", b"\0", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"\xe2\x80\x8b",
    b"include:", b"redirect=", b"exp=", b"a:", b"mx:", b"exists:", b"ip4:1.2.3.4/24", b"ip6:::/0",
    b"+all", b"-all", b"v=spf1", b"v=DMARC1;", b"p=reject;", b"rua=mailto:a@example.net,",
    b"fo=0:1:d:s;", b"pct=50;", b"v=BIMI1;", b"l=https://a.example/l.svg;", b"a=;", b"avp=brand;",
    b"v=STSv1;", b"id=1;", b"v=TLSRPTv1;", b"rua=https://a.example/;", b"psd=y;", b"np=none;",
    b"t=y;", b"http-01", b"validationmethods=dns-01", b"accounturi=", b"mailto:", b"https://",
    b"+1.555", b"99999999999", b"-1", b"1e9", b"\xd9\xa1", b"*.", b"_dmarc.", b"example.com", b".",
    b"..",
)  # fmt: skip
NAMES = (
    b"\3www\xc0\x0c", b"\xc0\x0c", b"\0", b"\7example\3com\0", b"\2ns\7example\3net\0",
    b"\1*\xc0\x0c", b"\3\xff.\\\7example\0", b"\4_abc\xc0\x0c", b"\x3f" + b"a" * 63 + b"\xc0\x0c",
    b"\xc0\xff", b"\0011\0010\0010\003127\0", b"\5mail1\xc0\x0c", b"\5local\0", b"\x09localhost\0",
)  # fmt: skip


@functools.cache
def texts() -> list[bytes]:
    """SPF and DMARC records as labelled by others, and one of each other kind."""
    with gzip.open(DATA / "spf_labelled.jsonl.gz") as file:
        found = _strings([json.loads(line) for line in file])
    with open(DATA / "dmarc_labelled.jsonl") as lines:
        found += _strings([json.loads(line) for line in lines])
    found += [
        "v=BIMI1; l=https://example.com/logo.svg; a=https://example.com/vmc.pem; avp=brand",
        "v=BIMI1; l=; a=;", "v=STSv1; id=20260101T000000;", "v=TLSRPTv1; rua=mailto:t@example.com",
        "v=TLSRPTv1;rua=https://example.com/tls,mailto:a@b.example", "spf2.0/pra -all", "v=spf1",
    ]  # fmt: skip
    return [text.encode() for text in dict.fromkeys(found)]


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value] if "=" in value or " " in value else []
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in parts for text in _strings(part)]


class FuzzedInternet:
    """What the internet answers to whatever is asked: the same to the same question."""

    def __init__(self, seed: int) -> None:
        chance = random.Random(seed)
        self._seed = seed
        self.told: dict[Question, Answer] = {}
        self._wild = chance.choice((0.02, 0.2, 0.6))  # how much is mutated
        self._silence = chance.choice((0.0, 0.05, 0.3))
        self._size = chance.choices((1, 20, 400, LARGEST), (6, 3, 1, 1))[0]

    def look(self, question: Question) -> Answer:
        answer = self.told.get(question)
        if answer is None:
            answer = self.told[question] = self._make(question)
        return answer

    def _make(self, question: Question) -> Answer:
        chance = random.Random(f"{self._seed} {question}")
        if chance.random() < self._silence:
            return Answer(question, Outcome.NOT_MEASURED, chance.choice(list(Reason)))
        rdtype = question.rdtype
        kind = chance.random()
        data = []
        if kind < 0.85:
            size = 0
            for _ in range(chance.choice((1, 1, 1, 2, 5, self._size))):
                one = self._data(chance, rdtype)
                size += len(one) + 12
                if size > LARGEST or len(data) >= 4000:
                    break
                data.append(one)
        flags = 0x8180 | chance.choice((0, 0x20, 0x400 if question.server else 0))
        flags |= 0x400 if question.server else 0
        flags |= chance.choice((0, 0, 3)) if not data else 0
        kinds = (rdtype,) * 20 + (wire.CNAME, wire.RRSIG)
        body = b"".join(
            b"\xc0\x0c"
            + struct.pack(
                "!HHIH", chance.choice(kinds), 1, chance.choice((0, 60, 2**32 - 1)), len(one)
            )
            + one
            for one in data
        )
        authority = 0
        if not data:
            owner = (
                0xC000
                | 12
                + (1 + len(question.name.split(".")[0]) if rdtype in (wire.SOA, wire.DS) else 0)
            ).to_bytes(2)
            proof = chance.choice((wire.SOA, wire.SOA, wire.NSEC, wire.NSEC3, wire.NS))
            for one in {proof, wire.SOA}:
                rdata = self._data(chance, one)
                body += owner + struct.pack("!HHIH", one, 1, 60, len(rdata)) + rdata
                authority += 1
        head = struct.pack("!HHHHHH", 0, flags, 1, len(data), authority, 0)
        section = wire.write_name(question.name) + struct.pack("!HH", rdtype, 1)
        message = head + section + body
        if chance.random() < 0.03 * self._wild:
            message = message[:12] + mutate(message[12:], chance)
        return answered(question, message)

    def _data(self, chance: random.Random, rdtype: int) -> bytes:
        known = recorded_data().get(rdtype)
        if rdtype == wire.TXT:
            text = chance.choice(texts())
            while chance.random() < self._wild:
                text = mutate(text, chance)
            data = b"".join(
                bytes((len(text[at : at + 255]),)) + text[at : at + 255]
                for at in range(0, len(text), 255)
            )
        elif known and chance.random() < 0.3:
            data = chance.choice(known)
        else:
            data = self._form(chance, rdtype)
        if chance.random() < 0.2 * self._wild:
            data = mutate(data, chance)
        return data[:LARGEST]

    def _form(self, chance: random.Random, rdtype: int) -> bytes:
        name = chance.choice(NAMES)
        some = chance.randbytes(chance.choice((0, 1, 4, 32, 300)))
        if rdtype == wire.A:
            return chance.choice((chance.randbytes(4), b"\1\1\1\1", b"\x7f\0\0\1", b"\x0a\0\0\1"))
        if rdtype == wire.AAAA:
            return chance.choice(
                (chance.randbytes(16), bytes(16), b"\x26\6" + chance.randbytes(14))
            )
        if rdtype in (wire.NS, wire.CNAME):
            return name
        if rdtype == wire.MX:
            return chance.randbytes(2) + name
        if rdtype == wire.SOA:
            return (
                name
                + chance.choice(NAMES)
                + struct.pack(
                    "!5I", *(chance.choice((0, 3600, 2**31, 2**32 - 1)) for _ in range(5))
                )
            )
        if rdtype == wire.CAA:
            tag = chance.choice(TAGS)
            value = chance.choice((b"ca.example", b"mailto:a@b.example", b";", *TOKENS))
            return bytes((chance.choice((0, 128, 1)), len(tag))) + tag + value
        if rdtype == wire.HTTPS:
            pairs = b"".join(
                struct.pack("!HH", key, len(value)) + value
                for key, value in sorted(
                    (
                        chance.randrange(10),
                        chance.choice((some, b"\2h2\2h3", b"\1\1\1\1", b"\0\1", b"")),
                    )
                    for _ in range(chance.randrange(5))
                )
            )
            return chance.choice((b"\0\0", b"\0\1", chance.randbytes(2))) + name + pairs
        if rdtype == wire.TLSA:
            return bytes(chance.randrange(5) for _ in range(3)) + chance.choice(
                (chance.randbytes(32), some)
            )
        if rdtype in (wire.DS, wire.CDS):
            return (
                struct.pack(
                    "!HBB", chance.randrange(65536), chance.choice((0, 8, 13)), chance.randrange(5)
                )
                + some
            )
        if rdtype in (wire.DNSKEY, wire.CDNSKEY):
            return (
                struct.pack(
                    "!HBB", chance.choice((0, 256, 257, 385)), 3, chance.choice((0, 1, 8, 13))
                )
                + some
            )
        return chance.randbytes(chance.choice((2, 5, 19))) + name + some


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Cut, turn round, repeat, blow up or mix in, once."""
    at = chance.randrange(len(data) + 1)
    end = min(len(data), at + chance.choice((1, 2, 8, 100)))
    kind = chance.randrange(8)
    if kind == 0:
        return data[:at] + data[end:]
    if kind == 1:
        return data[:at] + bytes((chance.randrange(256),)) + data[at + 1 :]
    if kind == 2:
        return data[:end] + data[at:]
    if kind == 3:
        return data[:at]
    if kind == 4 and chance.random() < 0.2:
        part = data[at:end] or chance.choice(TOKENS)
        return (data[:at] + part * chance.choice((100, LARGEST // len(part))) + data[end:])[
            :LARGEST
        ]
    if kind == 5:
        return data[:at] + data[at:end].swapcase() + data[end:]
    if kind == 6:
        return data[:at] + chance.choice(texts())[:300] + data[at:]
    return data[:at] + chance.choice(TOKENS) + data[at:]


def goes_through(seed: int) -> int:
    """Ask for, read, keep and grade one site; to how many questions."""
    internet = FuzzedInternet(seed)
    site = Site(1, random.Random(seed).choice(DOMAINS))
    records = load_records()
    longest, slowest = 0.0, ""
    for record in records:
        began = time.process_time()
        run_plan(record.questions(site), internet.look)
        middle = time.process_time()
        record.read(site, internet.look)
        taken = time.process_time() - middle
        if taken > longest:
            longest, slowest = taken, record.name
        assert middle - began < 20 * LONGEST, (record.name, middle - began)
    assert longest < LONGEST, (slowest, longest)
    began = time.process_time()
    run = read_site(site, internet.look, records)
    kept = write_readings(run.readings)
    assert "\\u0000" not in kept  # JSONB holds no NUL
    kept.encode()
    json.loads(kept)
    assert read_readings(kept) == run.readings
    grades = grade_site(run.readings)
    assert time.process_time() - began < 5 * LONGEST
    for grade in (grades.overall, *(one.grade for one in grades.families)):
        assert grade is None or 0 <= grade <= 100
    assert all(remark.evidence.isprintable() for remark in grades.remarks)
    assert all(len(remark.evidence) <= 1000 for remark in grades.remarks)
    return len(internet.told)
