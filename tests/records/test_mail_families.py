"""Every mail family, whatever is in the archive: a value, never a crash."""

from __future__ import annotations

import msgspec
import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question
from dnstats.records import bimi, dane, dmarc, msdcs, mta_sts, mx, tls_rpt
from dnstats.records.record import NotMeasured, Record, Site
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.answers import present, run_plan, timeout

SITE = Site(1, "www.example.com")
FAMILIES = [module.RECORD for module in (mx, dane, mta_sts, tls_rpt, dmarc, bimi, msdcs)]
by_name = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)

_SAMPLES = {
    wire.TXT: "v=DMARC1; p=reject; rua=mailto:a@reports.example",
    wire.MX: "10 mx.example.",
    wire.SOA: "ns.example. admin.example. 1 2 3 4 5",
    wire.A: "192.0.2.1",
    wire.AAAA: "2001:db8::1",
    wire.TLSA: "3 1 1 " + "ab" * 32,
}


@by_name
@given(message=st.binary(max_size=200))
def test_any_bytes_called_present(family: Record, message: bytes) -> None:
    value = family.read(SITE, lambda question: Answer(question, Outcome.PRESENT, message=message))
    msgspec.json.encode(value)


@by_name
@given(damage=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6))
@settings(max_examples=60)
def test_damaged_messages(family: Record, damage: list[tuple[int, int]]) -> None:
    def look(question: Question) -> Answer:
        message = bytearray(present(question, _SAMPLES[question.rdtype]).message)
        for at, byte in damage:
            message[at % len(message)] = byte
        return Answer(question, Outcome.PRESENT, message=bytes(message))

    msgspec.json.encode(family.read(SITE, look))


@by_name
def test_silence_everywhere_is_not_measured(family: Record) -> None:
    value = family.read(SITE, timeout)
    assert isinstance(value, NotMeasured)
    assert value.question
    assert run_plan(family.questions(SITE), timeout)


@by_name
def test_the_value_survives_storage(family: Record) -> None:
    value = family.read(SITE, lambda question: present(question, _SAMPLES[question.rdtype]))
    if value is not None:
        stored = msgspec.json.encode(value)
        assert msgspec.json.decode(stored, type=family.value) == value
