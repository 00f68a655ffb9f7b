"""A site's own record, mended: it is one, it cures the fault, and it is the site's."""

from __future__ import annotations

import pytest
from dnstats.grade.advice import advise
from dnstats.grade.grading import FamilyGrade, grade_site
from dnstats.grade.own_record import MENDED, mended
from dnstats.grade.rule import RULES, Remark
from dnstats.grade.scale import Severity
from dnstats.records import dmarc, mx

PLAIN = "v=DMARC1; p=none; rua=mailto:d@example.com"


def _codes(record: str) -> set[str]:
    readings = {"dmarc": dmarc.parse_example(record), "mx": mx.parse_example("10 m.example.com")}
    return {one.code for one in grade_site(readings).remarks}


@pytest.mark.parametrize(
    ("code", "record", "then"),
    [
        ("DMARC007", PLAIN, "v=DMARC1; p=quarantine; rua=mailto:d@example.com"),
        ("DMARC007", "v=DMARC1;p=NONE;rua=mailto:d@example.com;",
         "v=DMARC1;p=quarantine;rua=mailto:d@example.com;"),
        ("DMARC008", "v=DMARC1; p=none;",
         "v=DMARC1; p=none; rua=mailto:dmarc-reports@example.com"),
        ("DMARC030", "v=DMARC1; p=reject",
         "v=DMARC1; p=reject; rua=mailto:dmarc-reports@example.com"),
    ],
)  # fmt: skip
def test_the_mended_record_cures_the_fault(code: str, record: str, then: str) -> None:
    assert code in _codes(record)
    (line,) = mended(code, "example.com", record)
    assert line.startswith(f'_dmarc.example.com. TXT "{then}"  ; ')
    assert code not in _codes(then)


@pytest.mark.parametrize(
    ("code", "domain", "record"),
    [
        ("DMARC007", "example.com", "v=DMARC1; p=none"),  # nobody knows yet what it would hit
        ("DMARC007", "example.com", "v=DMARC1; p=none; t=y; rua=mailto:d@example.com"),
        ("DMARC007", "example.com", "v=DMARC1; sp=none; rua=mailto:d@example.com"),
        ("DMARC030", "a.github.io", "v=DMARC1; p=reject"),  # may be the record of github.io
        ("DMARC007", "www.example.com", f"{PLAIN} at example.com"),
        ("DMARC030", "example.bank", "v=DMARC1; p=reject; psd=y"),
        ("DMARC007", "example.com", f"{PLAIN}{'x' * 480}…"),
        ("DMARC007", "example.com", f'{PLAIN}; x="; y'),
        ("DMARC007", "example.com", f"{PLAIN}\n"),
        ("DMARC030", "example.com", f"v=DMARC1; p=reject; fo={'1:' * 120}1"),  # too long then
        ("DMARC008", "example.com", "v=DMARC1; p=none; rua=nonsense"),
        ("DMARC001", "example.com", PLAIN),
    ],
)
def test_what_is_not_sure_is_left_to_the_owner(code: str, domain: str, record: str) -> None:
    assert mended(code, domain, record) == ()


def test_advice_has_it() -> None:
    assert set(MENDED) <= set(RULES)
    remark = Remark("DMARC007", "dmarc", Severity.HIGH, 40, PLAIN)
    advice = advise("example.com", "", [FamilyGrade("dmarc", 60, (), "")], [remark])
    assert "p=quarantine" in advice.records["DMARC007"][0]
