"""What every record family promises, those that are added later too."""

from __future__ import annotations

import importlib
import pkgutil

import msgspec
import pytest
from dnstats import records
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.records import FAMILIES, load_records
from dnstats.records.record import NotMeasured, Reading, Record, Site
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.answers import run_plan

SITE = Site(1, "www.example.com")
COULD_NOT_ASK = sorted(set(Reason) - {Reason.NOT_ASKED})

by_name = pytest.mark.parametrize("record", load_records(), ids=lambda record: record.name)


def test_every_family_that_is_written_is_in_the_list() -> None:
    names = [one.name for one in pkgutil.iter_modules(records.__path__)]
    written = {
        name
        for name in names
        if hasattr(importlib.import_module(f"dnstats.records.{name}"), "RECORD")
    }
    assert written == set(FAMILIES), (
        "the list in plugins/dnstats/records/__init__.py names what is asked: put "
        f"{', '.join(sorted(written ^ set(FAMILIES)))} into it, or out of it"
    )
    assert [record.name for record in load_records()] == list(FAMILIES)


@by_name
@pytest.mark.parametrize("reason", COULD_NOT_ASK)
def test_what_nobody_could_tell_is_never_absence(record: Record, reason: Reason) -> None:
    def look(question: Question) -> Answer:
        return Answer(question, Outcome.NOT_MEASURED, reason)

    assert run_plan(record.questions(SITE), look), "it asks nothing"
    assert isinstance(record.read(SITE, look), NotMeasured)


@by_name
@given(message=st.binary(max_size=120), outcome=st.sampled_from(Outcome))
@settings(max_examples=40, deadline=None)
def test_any_bytes_are_a_value_that_can_be_stored(
    record: Record, message: bytes, outcome: Outcome
) -> None:
    def look(question: Question) -> Answer:
        return Answer(question, outcome, message=message)

    value = record.read(SITE, look)
    assert value is None or isinstance(value, Reading)
    stored = msgspec.json.encode(value)
    assert msgspec.json.decode(stored, type=record.value | NotMeasured | None) == value
