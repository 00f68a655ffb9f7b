"""`tag=value; tag=value` lists."""

from __future__ import annotations

import pytest
from dnstats.records.tag_list import (
    EMPTY,
    MAX_TAGS,
    NO_EQUALS,
    REPEATED,
    Defect,
    Tag,
    bad_fields,
    split_tags,
    values_of,
    version_of,
)
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "text",
    ["v=X1;p=none;", "v=X1; p=none", " v = X1 ; P = none ; ", "v=X1;p=none"],
)
def test_white_space_and_a_semicolon_at_the_end_do_not_count(text: str) -> None:
    form = split_tags(text)
    assert form.tags == (Tag("v", "X1"), Tag("p", "none"))
    assert form.defects == ()


@pytest.mark.parametrize("text", ["v=X1;;p=none", "v=X1; ;p=none;;;", "v=X1;p=none; ;"])
def test_nothing_between_two_semicolons_is_told_once(text: str) -> None:
    form = split_tags(text)
    assert form.tags == (Tag("v", "X1"), Tag("p", "none"))
    assert [defect.kind for defect in form.defects] == [EMPTY]


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        ("v=X1; id=1; x-y.z=1;", ()),
        ("v=X1; id=?? a=b", ()),
        ("v=X1; ID=1", ("ID=1",)),
        ("v=X1; id =1", ("id =1",)),
        ("v=X1; id= 1", ("id= 1",)),
        ("v=X1; x = 1; y=a b; z=", ("x = 1", "y=a b", "z=")),
        ("v=X1; _x=1; " + "x" * 33 + "=1", ("_x=1", "x" * 33 + "=1")),
        ("v=X1; x=\u00e9; stray", ("x=\u00e9",)),
    ],
)
def test_the_stricter_form_of_mta_sts_and_tls_rpt(text: str, bad: tuple[str, ...]) -> None:
    assert tuple(defect.text for defect in bad_fields(text, ("id",))) == bad


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


@given(st.text() | st.lists(st.sampled_from("vprua=;, \t")).map("".join), st.integers(0, 200))
def test_single_values_are_those_of_the_whole_list(text: str, semicolons: int) -> None:
    text = ";" * semicolons + text
    form = split_tags(text)
    names = ("rua", "p", "v", "")
    assert values_of(text, names) == {
        name: value for name in names if (value := form.get(name)) is not None
    }


@given(st.text())
def test_any_text_is_some_list(text: str) -> None:
    form = split_tags(text)
    assert len({tag.name for tag in form.tags}) == len(form.tags)


def test_as_many_tags_as_are_kept_are_all_read() -> None:
    tags = split_tags(";".join(f"a{number}=b" for number in range(MAX_TAGS))).tags
    assert [tag.name for tag in tags] == [f"a{number}" for number in range(MAX_TAGS)]
