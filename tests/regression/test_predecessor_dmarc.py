"""What the predecessor got wrong about DMARC, one test for each of its bugs."""

from __future__ import annotations

import pytest
from dnstats.grade.grading import grade_family
from dnstats.grade.rule import RULES, Remark
from dnstats.records.dmarc import Dmarc, parse_example, read_zone
from dnstats.records.mx import parse_example as read_mx
from dnstats.records.record import Reading


def _dmarc(*texts: str) -> Dmarc:
    value = parse_example(texts)
    assert isinstance(value, Dmarc)
    return value


def _codes(reading: Reading | None) -> set[str]:
    return {remark.code for remark in grade_family("dmarc", {"dmarc": reading, "mx": None})[1]}


@pytest.mark.parametrize(
    "text",
    [
        "v=DMARC1 ; p=reject",
        "v = DMARC1; p=reject",
        "v=DMARC1;p=Reject",
        "v=DMARC1; p=REJECT; fo=1:d",
    ],
)
def test_predecessor_bug_19_white_space_and_case_and_fo_lists_are_valid(text: str) -> None:
    value = _dmarc(text)
    assert (value.policy, value.defects) == ("reject", ())


def test_predecessor_bug_20_several_records_are_detected() -> None:
    value = _dmarc("v=DMARC1; p=reject", "v=DMARC1; p=none")
    assert value.policy == ""
    assert "DMARC002" in _codes(value)
    assert grade_family("dmarc", {"dmarc": value, "mx": None})[0].grade == 0


def test_predecessor_bug_21_report_addresses_are_read_as_addresses() -> None:
    value = _dmarc("v=DMARC1; p=none; rua=mailto:a@example.com; ruf=mailto:b@example.com")
    assert [(one.uri, one.is_valid) for one in (*value.rua, *value.ruf)] == [
        ("mailto:a@example.com", True),
        ("mailto:b@example.com", True),
    ]
    without = RULES["DMARC008"].apply({"dmarc": _dmarc("v=DMARC1; p=none")})
    assert isinstance(without, Remark)
    assert RULES["DMARC008"].apply({"dmarc": value}) is None


def test_predecessor_bug_22_subdomains_inherit_from_their_organisation() -> None:
    value = read_zone("shop.example.co.uk", {"example.co.uk": ["v=DMARC1; p=reject"]})
    assert isinstance(value, Dmarc)
    assert (value.policy, value.found_at) == ("reject", "example.co.uk")
    assert not {"DMARC001", "DMARC073"} & _codes(value)


def test_predecessor_bug_23_quotation_marks_of_the_presentation_are_no_part_of_the_text() -> None:
    # Its stored text began with a quotation mark, so no DMARC record ever began with v=DMARC1.
    assert _dmarc("v=DMARC1; p=reject").record == "v=DMARC1; p=reject"


def test_predecessor_bug_31_absence_has_a_remark() -> None:
    assert _codes(None) == {"DMARC073"}
    mail = {"dmarc": None, "mx": read_mx("10 mail.example.com")}
    assert {one.code for one in grade_family("dmarc", mail)[1]} == {"DMARC001"}


def test_predecessor_pct_100_and_pct_90_cost_nothing_unvalid() -> None:
    # It called every valid percentage from 1 to 99 invalid, and gave nothing for 90 to 99.
    assert "DMARC056" not in _codes(_dmarc("v=DMARC1; p=reject; pct=95"))
