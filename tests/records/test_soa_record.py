"""SOA records in messages."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Question
from dnstats.records.soa_record import SoaRecord, read_soa_set
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import raw
from tests.zone_answers import message_answer

QUESTION = Question("example.com", wire.SOA)


def test_names_in_the_data_are_decompressed_and_escaped() -> None:
    line = ("example.com", "SOA", "NS1.example.com. host\\.master.example.com. 1 2 3 4 5")
    found = read_soa_set(message_answer(QUESTION, [line], ttl=60).message, "example.com")
    assert found.records == (
        SoaRecord("ns1.example.com", "host\\.master.example.com", 1, 2, 3, 4, 5),
    )
    assert found.ttl == 60


def test_equal_records_are_one() -> None:
    line = ("example.com", "SOA", "a.example. b.example. 1 2 3 4 5")
    found = read_soa_set(message_answer(QUESTION, [line, line]).message, "example.com")
    assert len(found.records) == 1


@given(st.binary(max_size=60))
def test_any_data_is_a_record_or_counted(rdata: bytes) -> None:
    found = read_soa_set(raw(QUESTION, rdata).message, "example.com")
    assert len(found.records) + found.malformed == 1
