"""One DMARC record's text: tables of tag values, and of what a receiver makes of the whole.

Other people's suites are run in test_dmarc_suites.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dnstats.records import tag_list
from dnstats.records.dmarc_record import (
    is_record,
    one_level_lower,
    parse_record,
    policy_7489,
    policy_of,
)
from hypothesis import given
from hypothesis import strategies as st

VALID = {
    "p": ("none", "quarantine", "reject", "None", "REJECT", " reject", "reject "),
    "sp": ("none", "quarantine", "reject", "QuarAntine"),
    "np": ("none", "quarantine", "reject", "Reject"),
    "psd": ("y", "n", "u", "Y"),
    "t": ("y", "n", "N"),
    "adkim": ("r", "s", "S"),
    "aspf": ("r", "s", "R"),
    "fo": ("0", "1", "d", "s", "D", "0:d", "1:d:s", "d:s:1", "1 : s"),
    "rua": (
        "mailto:a@example.com",
        "mailto:a@example.com, mailto:b@example.com!10m",
        "https://x.example/",
    ),
    "ruf": ("mailto:a@example.com",),
}
INVALID = {
    "p": ("", "nonw", "monitor", "none=none", "rejected", "999"),
    "sp": ("", "all", "none=none"),
    "np": ("", "no"),
    "psd": ("", "yes", "1", "yn"),
    "t": ("", "u", "yes"),
    "adkim": ("", "relaxed", "r=r", "rs"),
    "aspf": ("", "strict", "1"),
    "fo": ("", "2", "0:1", "dd", "1,d", "d:d", "1:", ":s"),
    "rua": ("", "user@example.com", "18", "mailto:", "user@example.com=user@example.com"),
    "ruf": ("", "user@example.com", "abc", ","),
}


def _cases(table: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(tag, value) for tag, values in table.items() for value in values]


def _bad(tag: str, value: str) -> bool:
    first = "" if tag == "p" else "p=none; "
    record = parse_record(f"v=DMARC1; {first}{tag}={value}")
    return any(one.kind == tag_list.BAD_VALUE and one.tag == tag for one in record.defects)


@pytest.mark.parametrize(("tag", "value"), _cases(VALID))
def test_valid_value(tag: str, value: str) -> None:
    assert not _bad(tag, value)


@pytest.mark.parametrize(("tag", "value"), _cases(INVALID))
def test_invalid_value(tag: str, value: str) -> None:
    assert _bad(tag, value)


@pytest.mark.parametrize(
    "text", ["v=DMARC1", "v=DMARC1;", "v = DMARC1 ; p=none", "V=DMARC1; p=none", "v=DMARC1;;p=none"]
)
def test_is_a_record(text: str) -> None:
    assert is_record(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=dmarc1; p=none",
        "v=DMARC2; p=none",
        "v=DMARC",
        "v=DMARC1 p=none",
        "v=DMARC1, p=none",
        "v=DMARC1\\\\; p=none\\\\;",
        " v=DMARC1; p=none",
        '"v=DMARC1; p=none"',
        "p=none; v=DMARC1",
        "nv=DMARC1; p=reject",
        "v:DMARC1",
    ],
)
def test_is_no_record(text: str) -> None:
    assert not is_record(text)


RUA = "; rua=mailto:a@example.com"


@pytest.mark.parametrize(
    ("text", "policy", "older"),
    [
        ("p=reject", "reject", "reject"),
        ("p=Reject", "reject", "reject"),
        ("sp=reject; p=none", "none", "none"),
        # RFC 9989: no p is p=none; RFC 7489: only with reports.
        ("adkim=s", "none", ""),
        ("adkim=s" + RUA, "none", "none"),
        # Invalid p or sp: p=none with reports, no DMARC without (4.10.1).
        ("p=rejct", "", ""),
        ("p=rejct" + RUA, "none", "none"),
        ("p=rejct; rua=a@example.com", "", ""),
        ("p=reject; sp=rejct", "", ""),
        ("p=reject; sp=rejct" + RUA, "none", "none"),
        # np came with RFC 9989: older receivers do not know it.
        ("p=reject; np=rejct", "", "reject"),
        ("p=reject; np=rejct" + RUA, "none", "reject"),
    ],
)
def test_policy_that_a_receiver_takes(text: str, policy: str, older: str) -> None:
    record = parse_record(f"v=DMARC1; {text}")
    assert (policy_of(record, "p"), policy_7489(record, "p")) == (policy, older)


@pytest.mark.parametrize(
    ("text", "sp", "np"),
    [
        ("p=reject", "reject", "reject"),
        ("p=reject; sp=none", "none", "none"),
        ("p=none; np=reject", "none", "reject"),
        ("p=none; sp=quarantine; np=reject", "quarantine", "reject"),
    ],
)
def test_subdomain_policies_fall_back(text: str, sp: str, np: str) -> None:
    record = parse_record(f"v=DMARC1; {text}")
    assert (policy_of(record, "sp", "p"), policy_of(record, "np", "sp", "p")) == (sp, np)


@pytest.mark.parametrize(
    ("value", "percent"),
    [
        ("0", 0),
        ("50", 50),
        ("100", 100),
        ("101", 100),
        ("-1", 100),
        ("5.0", 100),
        ("x", 100),
        ("²", 100),
    ],
)
def test_percentage_for_older_receivers(value: str, percent: int) -> None:
    assert parse_record(f"v=DMARC1; p=reject; pct={value}").percent == percent


def test_removed_and_unknown_tags_are_reported() -> None:
    record = parse_record("v=DMARC1; p=none; pct=100; rf=afrf; ri=1; adk=s; fo:1")
    kinds = [(one.kind, one.tag or one.text) for one in record.defects]
    assert kinds == [
        (tag_list.NO_EQUALS, "fo:1"),
        (tag_list.REMOVED, "pct"),
        (tag_list.REMOVED, "rf"),
        (tag_list.REMOVED, "ri"),
        (tag_list.UNKNOWN, "adk"),
    ]


def test_invalid_switches_count_as_their_defaults() -> None:
    record = parse_record("v=DMARC1; p=none; adkim=x; aspf=x; psd=x; t=x")
    assert (record.adkim, record.aspf, record.psd, record.is_testing) == ("r", "r", "u", False)


def test_test_mode_is_one_level_lower() -> None:
    assert [one_level_lower(p) for p in ("reject", "quarantine", "none", "")] == [
        "quarantine",
        "none",
        "none",
        "",
    ]


LABELLED = Path(__file__).parents[1] / "data" / "dmarc_labelled.jsonl"
ALL_LABELLED = [json.loads(line) for line in LABELLED.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("row", ALL_LABELLED, ids=lambda row: row["record"])
def test_real_records(row: dict[str, Any]) -> None:
    record = parse_record(row["record"])
    assert bool(policy_7489(record, "p")) is row["usable_rfc7489"]
    assert (record.p is None) is ("missing-p" in row["problems"])
    assert {one.kind for one in record.defects} <= {tag_list.REMOVED}


@given(st.text())
def test_any_text_is_some_record(text: str) -> None:
    record = parse_record("v=DMARC1;" + text)
    assert policy_of(record, "sp", "p") in ("none", "quarantine", "reject", "")
    assert policy_7489(record, "sp", "p") in ("none", "quarantine", "reject", "")
