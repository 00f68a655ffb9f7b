"""Text of the internet, made visible."""

from __future__ import annotations

import pytest
from dnstats.visible import visible
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("v=spf1 -all", "v=spf1 -all"),
        ("müller.example", "müller.example"),
        ("a\r\nb", "a\\r\\nb"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\x00\x1b[31m", "\\x00\\x1b[31m"),
        ("\ud800", "\\ud800"),
        ("x" * 1001, "x" * 999 + "…"),
    ],
)
def test_what_cannot_be_seen_is_spelt_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(), st.integers(min_value=1, max_value=30))
def test_anything_is_printable_and_short(text: str, most: int) -> None:
    shown = visible(text, most)
    assert shown.isprintable()
    assert len(shown) <= most
