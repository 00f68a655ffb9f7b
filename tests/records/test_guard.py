"""No bytes in any answer make a reading of the zone families raise, or become absence."""

from __future__ import annotations

import pytest
from dnstats import wire
from dnstats.answer import Answer, Outcome, Question
from dnstats.records import address, caa, dnssec, https, ns, soa
from dnstats.records.guard import unreadable_is_not_measured
from dnstats.records.record import NotMeasured, Reading, Site
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.answers import raw, run_plan
from tests.zone_answers import ZoneAnswers

FAMILIES = [module.RECORD for module in (address, ns, soa, dnssec, caa, https)]
SITE = Site(1, "example.com")


@pytest.mark.parametrize("fault", [wire.Malformed, wire.BadName])
def test_what_cannot_be_walked_is_not_measured(fault: type[Exception]) -> None:
    @unreadable_is_not_measured
    def read(site: Site, look: object) -> Reading | None:
        raise fault("broken")

    assert isinstance(read(SITE, lambda question: None), NotMeasured)  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.name)
@given(rdata=st.lists(st.binary(max_size=60), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_record_data_is_a_value(record, rdata: list[bytes]) -> None:  # type: ignore[no-untyped-def]
    def look(question: Question) -> Answer:
        return raw(question, *rdata, aa=True)

    value = record.read(SITE, look)
    assert value is None or isinstance(value, Reading)
    run_plan(record.questions(SITE), look)


@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.name)
@given(message=st.binary(max_size=80), outcome=st.sampled_from(Outcome))
@settings(max_examples=60, deadline=None)
def test_any_message_is_a_value_even_in_a_damaged_archive(record, message, outcome) -> None:  # type: ignore[no-untyped-def]
    value = record.read(SITE, lambda question: Answer(question, outcome, message=message))
    assert value is None or isinstance(value, Reading)


@pytest.mark.parametrize("record", FAMILIES, ids=lambda record: record.name)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_good_message_with_flipped_bytes_is_a_value(record, data) -> None:  # type: ignore[no-untyped-def]
    from tests.zone_answers import classified

    world = ZoneAnswers()
    question = data.draw(st.sampled_from(world.questions))
    octets = bytearray(world.look(question).message)
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        world.give(classified(question, bytes(octets)))
    except wire.Malformed:
        return
    value = record.read(world.site, world.look)
    assert value is None or isinstance(value, Reading)
    run_plan(record.questions(world.site), world.look)
