"""TXT: strings joined without anything between, and made printable."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Question
from dnstats.records.txt import join_strings, readable, texts
from hypothesis import given
from hypothesis import strategies as st

from tests.answers import nodata, present, timeout

QUESTION = Question("example.com", wire.TXT)


def test_strings_are_joined_without_a_space() -> None:
    assert texts(present(QUESTION, ("v=spf1 ip4:192.0.", "2.1 -all"))) == (
        b"v=spf1 ip4:192.0.2.1 -all",
    )


def test_long_texts_come_back_whole() -> None:
    text = b"x" * 1000
    assert texts(present(QUESTION, text)) == (text,)


def test_no_texts_when_absent_or_unmeasured() -> None:
    assert texts(nodata(QUESTION)) == texts(timeout(QUESTION)) == ()


def test_a_string_that_breaks_off_counts_as_it_is() -> None:
    assert join_strings(b"\x05abc") == b"abc"
    assert join_strings(b"") == b""


def test_tabs_are_white_space_and_other_bytes_are_shown() -> None:
    assert readable(b"v=DMARC1;\tp=none\xff\x00") == "v=DMARC1; p=none\\255\\000"


@given(st.binary(max_size=600))
def test_any_rdata_is_some_text(rdata: bytes) -> None:
    assert readable(join_strings(rdata)).isprintable()
