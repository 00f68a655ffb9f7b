"""TXT records that were meant for something and do not reach it."""

from __future__ import annotations

import pytest
from dnstats import wire
from dnstats.answer import Question
from dnstats.records.example import txt_zone
from dnstats.records.misplaced import MAX_KEPT, MAX_SHOWN, Misplaced, parse_example, read
from dnstats.records.record import NotMeasured, Site
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import look_of, timeout


@pytest.mark.parametrize(
    "text",
    [
        " v=spf1 -all", "\tv=spf1 -all", '"v=spf1 -all"', "v=spf1; -all", "v=spf1, a -all",
        "v = spf1 a -all", "v=spf 1 a -all", "v=spf2 -all", "v:spf1 -all", "spf1 a -all",
        "v=spf1\u00a0a -all", "\u200bv=spf1 -all", "v=spf10 -all", "v=spf", "‘v=spf1 -all’",
    ],
)  # fmt: skip
def test_what_nearly_is_spf(text: str) -> None:
    value = parse_example(text)
    assert isinstance(value, Misplaced)
    assert len(value.like_spf) == 1


@pytest.mark.parametrize(
    "text",
    [
        "v=spf1 -all",
        "V=SPF1",
        "v=spf1",
        "spf",
        "MS=ms123",
        "v=DKIM1; p=",
        "",
        "see v=spf1",
        "spf10",
    ],
)
def test_what_is_spf_or_something_else(text: str) -> None:
    assert parse_example(text) is None


def test_the_kinds_are_told_apart() -> None:
    value = parse_example(("spf2.0/pra -all", "v=DMARC1; p=none", "v=spf1 -all", " v=spf1 a"))
    assert value == Misplaced((" v=spf1 a",), ("v=DMARC1; p=none",), ("spf2.0/pra -all",))


def test_what_could_not_be_asked_is_not_measured() -> None:
    site = Site(1, "example.com")
    value = read(site, look_of(timeout(Question("example.com", wire.TXT))))
    assert isinstance(value, NotMeasured)


@given(st.lists(st.binary(max_size=400), max_size=12))
def test_no_text_raises_and_little_is_kept(published: list[bytes]) -> None:
    texts = [text.decode("latin-1") for text in published] + [" v=spf1 " + "x" * 999] * 9
    value = read(Site(1, "example.com"), txt_zone({"example.com": texts}))
    assert isinstance(value, Misplaced)
    assert len(value.like_spf) == MAX_KEPT
    assert all(line.isprintable() and len(line) <= MAX_SHOWN for line in value.like_spf)
