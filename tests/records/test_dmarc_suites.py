"""Other people's verdicts on DMARC tags and records: every row, agreed with or with a reason.

A row's `valid` is the suite's word; where ours is another one, the row says `ours` and `why`. A
missing value in a suite stands here as an empty one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dnstats.records import tag_list
from dnstats.records.dmarc_record import is_record, parse_record, policy_of

FILE = Path(__file__).parents[1] / "data" / "dmarc_suites.jsonl"
ROWS = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]


def verdict_on_tag(tag: str, value: str) -> bool | str:
    if tag == "v":
        return is_record(f"v={value}; p=none")
    first = "" if tag == "p" else "p=none; "
    record = parse_record(f"v=DMARC1; {first}{tag}={value}")
    kinds = {defect.kind for defect in record.defects if defect.tag == tag}
    return "removed" if tag_list.REMOVED in kinds else tag_list.BAD_VALUE not in kinds


def verdict_on_record(text: str) -> bool:
    """Whether a receiver applies it."""
    return is_record(text) and policy_of(parse_record(text), "p") != ""


def test_the_suites_are_whole() -> None:
    assert len(ROWS) == 288
    assert all(row["why"] for row in ROWS if "ours" in row)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.get("tag", "record")))
def test_every_row(row: dict[str, Any]) -> None:
    theirs = row["valid"] is not False  # "with faults" still applies
    ours = (
        verdict_on_tag(row["tag"], row["value"])
        if "tag" in row
        else verdict_on_record(row["record"])
    )
    assert ours == row.get("ours", theirs)
    assert ("ours" in row) is (ours != theirs)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["valid"] == "with faults"], ids=lambda row: row["record"]
)
def test_a_malformed_tag_costs_the_record_nothing_else(row: dict[str, Any]) -> None:
    record = parse_record(row["record"])
    assert record.p in ("none", "quarantine", "reject")
    has_empty_piece = ";;" in row["record"]
    assert (tag_list.NO_EQUALS in {one.kind for one in record.defects}) is not has_empty_piece
