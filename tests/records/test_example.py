"""Example answers are real messages, classified as present and absent."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Outcome, Question, classify
from dnstats.records.example import look_in, txt_rdata, txt_zone
from dnstats.records.txt import texts

TXT = Question("example.com", wire.TXT)


def test_texts_come_back() -> None:
    look = txt_zone({"example.com": ["a" * 700, ""]})
    assert texts(look(TXT)) == (b"", b"a" * 700)
    assert txt_rdata(b"") == b"\x00"


def test_messages_classify_as_what_they_say() -> None:
    look = look_in({("example.com", wire.A): [bytes((1, 1, 1, 1))]}, is_secure=True)
    for rdtype, outcome in ((wire.A, Outcome.PRESENT), (wire.TXT, Outcome.NODATA)):
        answer = look(Question("example.com", rdtype))
        assert answer.outcome is outcome
        assert classify(answer.walk(), answer.question)[0] is outcome
        assert answer.ad
        assert answer.walk().ad
