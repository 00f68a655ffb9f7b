"""A fault as a mail quotes it: one line, cut, and no password in it."""

from __future__ import annotations

import pytest
from dnstats.notify.fault import MOST, fault_line, without_secrets
from hypothesis import given
from hypothesis import strategies as st


def test_the_first_line_with_the_kind_of_fault() -> None:
    assert fault_line(OSError(28, "No space left")) == "OSError: [Errno 28] No space left"
    assert fault_line(ValueError("\n\nfirst\nsecond")) == "ValueError: first"
    assert fault_line(KeyError()) == "KeyError"


def test_a_sentence_for_the_operator_stands_as_it_is() -> None:
    assert fault_line(RuntimeError("The disk is full."), is_sentence=True) == "The disk is full."


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("cannot reach postgresql://dnstats_app:hunter2@db:5432/dnstats",
         "cannot reach postgresql://***@db:5432/dnstats"),
        ("401 for https://lists.example/top.csv?key=hunter2&x=1 (GET)",
         "401 for https://lists.example/top.csv?*** (GET)"),
        ("connection failed: host=db password=hunter2 user=me",
         "connection failed: host=db password=*** user=me"),
        ("{'Authorization': 'Bearer hunter2'}", "{'Authorization': ***}"),
        ('"api_key": "hunter2", "a": 1', '"api_key": ***, "a": 1'),
        ("AWS_SECRET_ACCESS_KEY=hunter2; then", "AWS_SECRET_ACCESS_KEY=***; then"),
        ("no secrets: 12 of 20 sites", "no secrets: 12 of 20 sites"),
    ],
)  # fmt: skip
def test_what_stands_where_a_secret_would_is_left_out(said: str, told: str) -> None:
    assert without_secrets(said) == told
    assert "hunter2" not in fault_line(ValueError(said))


@given(st.text(max_size=2000))
def test_whatever_was_said_is_one_printable_line(said: str) -> None:
    line = fault_line(ValueError(said))
    assert line.isprintable()
    assert len(line) <= MOST
    assert line.startswith("ValueError")
