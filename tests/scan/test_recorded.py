"""Messages that real name servers sent: every one ends as a value, and agrees with dnspython."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

import dns.exception
import dns.message
import dns.rcode
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason

from tests.scan.asking import quick, run
from tests.scan.nameserver import NameServer, Query, Reply, whole
from tests.scan.test_lookups import Bench

FILE = Path(__file__).parent.parent / "data" / "zonemaster_messages.bin.gz"
SERVER = "192.0.2.1"


def messages() -> Iterator[bytes]:
    data = gzip.decompress(FILE.read_bytes())
    start = 0
    while start < len(data):
        size = int.from_bytes(data[start : start + 2])
        yield data[start + 2 : start + 2 + size]
        start += 2 + size


def question_of(message: bytes, server: str) -> tuple[Question, int] | None:
    """The question a recorded message answers, and where its question section ends."""
    if int.from_bytes(message[4:6]) != 1:
        return None
    name, end = wire.read_name(message, 12)
    return Question(name, int.from_bytes(message[end : end + 2]), server), end + 4


def retold(query: Query, message: bytes, end: int) -> bytes:
    """The recorded message as an answer to our query."""
    return query.data[:2] + message[2:12] + query.section + message[end:]


def check(answer: Answer, message: bytes) -> None:
    """The outcome is what dnspython's reading of the message allows."""
    try:
        parsed = dns.message.from_wire(message, ignore_trailing=True, continue_on_error=True)
    except dns.exception.DNSException:
        return
    if parsed.errors:
        return
    if answer.is_present:
        assert any(rrset.rdtype == answer.question.rdtype for rrset in parsed.answer), (
            answer.question
        )
    if answer.is_absent:
        assert parsed.rcode() in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
        assert parsed.flags & dns.flags.AA
    if parsed.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        assert answer.outcome is Outcome.NOT_MEASURED
        assert answer.rcode == parsed.rcode()


def test_every_recorded_message_passes_through_the_core() -> None:
    told = refused = 0
    for message in messages():
        found = question_of(message, SERVER)
        if found is None:
            continue
        question, end = found
        bench = Bench(question)
        for _ in range(4):  # asked without EDNS, over TCP, or again after an unreadable message
            for lane, query in bench.sends():
                bench.reply(lane, retold(query, message, end))
            if not bench.answers:
                bench.turn(0.3)
        bench.run_out()
        [answers] = bench.answers.values()
        assert len(answers) == 1
        check(answers[0], message)
        told += 1
        refused += answers[0].reason is Reason.REFUSED
    assert told > 1000
    assert refused > 50


def test_every_recorded_message_passes_through_the_sockets() -> None:
    by_question: dict[tuple[str, int], tuple[bytes, int]] = {}
    for message in messages():
        found = question_of(message, "127.0.0.1")
        if found is not None:
            by_question.setdefault((found[0].name, found[0].rdtype), (message, found[1]))

    def tell(query: Query) -> Iterable[Reply]:
        message, end = by_question[query.name, query.rdtype]
        return [(0, whole(query, retold(query, message, end)))]

    questions = [Question(name, rdtype, "127.0.0.1") for name, rdtype in by_question]
    with NameServer(tell) as server:
        settings = quick("127.0.0.1:1", direct_port=server.port, max_questions_per_site=5000)
        recorded, report = run(settings, *questions)
    assert report.questions == len(questions) > 300
    for question in questions:
        check(recorded.final(question), by_question[question.name, question.rdtype][0])
