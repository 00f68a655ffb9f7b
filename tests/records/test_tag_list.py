"""`tag=value; tag=value` lists."""

from __future__ import annotations

import pytest
from dnstats.records.tag_list import (
    MAX_TAGS,
    NO_EQUALS,
    REPEATED,
    Defect,
    Tag,
    split_tags,
    version_of,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "text",
    ["v=X1;p=none;", "v=X1; p=none", " v = X1 ; P = none ;; ", "v=X1;p=none"],
)
def test_white_space_and_empty_pieces_do_not_count(text: str) -> None:
    form = split_tags(text)
    assert form.tags == (Tag("v", "X1"), Tag("p", "none"))
    assert form.defects == ()


def test_values_keep_their_case_and_inner_equals_signs() -> None:
    assert split_tags("a=Mailto:X@Y?a=b").get("a") == "Mailto:X@Y?a=b"


def test_repeated_tags_and_stray_text_are_reported_and_left_out() -> None:
    form = split_tags("v=X1; p=none; P=reject; rf:afrf")
    assert form.tags == (Tag("v", "X1"), Tag("p", "none"))
    assert form.defects == (Defect(REPEATED, "p", "reject"), Defect(NO_EQUALS, "", "rf:afrf"))


def test_a_record_of_semicolons_is_bounded() -> None:
    assert len(split_tags(";".join(f"a{i}=b" for i in range(5000))).tags) <= MAX_TAGS + 1


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v=X1; p=none", "X1"),
        ("V = X1", "X1"),
        ("v=X1 p=none", "X1 p=none"),
        ("p=none; v=X1", ""),
        ('"v=X1"', ""),
        ("v", ""),
        ("", ""),
    ],
)
def test_version_is_the_first_tag(text: str, version: str) -> None:
    assert version_of(text) == version


@given(st.text())
def test_any_text_is_some_list(text: str) -> None:
    form = split_tags(text)
    assert len({tag.name for tag in form.tags}) == len(form.tags)
