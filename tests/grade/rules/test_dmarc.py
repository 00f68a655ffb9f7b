"""Odd cases of the DMARC rules, and what whole sites score."""

from __future__ import annotations

import pytest
from dnstats import wire
from dnstats.answer import Question, Reason
from dnstats.grade.grading import grade_family
from dnstats.grade.rule import RULES, Abstain
from dnstats.records.dmarc import Dmarc, parse_example, read
from dnstats.records.mx import parse_example as mx_of
from dnstats.records.record import NotMeasured, Site

from tests.answers import look_of, nodata, present, timeout

MAIL = mx_of("10 mail.example.com")
NULL_MX = mx_of("0 .")
RUA = "; rua=mailto:dmarc@example.com"


def _grade(text: str | None, mx: object = MAIL) -> int | None:
    dmarc = None if text is None else parse_example(text)
    return grade_family("dmarc", {"dmarc": dmarc, "mx": mx})[0].grade  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("v=DMARC1; p=reject" + RUA, 100),
        ("v=DMARC1; p=quarantine" + RUA, 100),
        ("v=DMARC1; p=quarantine; np=reject; sp=quarantine" + RUA, 100),
        ("v=DMARC1; p=reject; pct=100; rf=afrf; ri=86400" + RUA, 100),
        ("v=DMARC1; p=none" + RUA, 60),
        ("v=DMARC1; p=none", 20),
        ("v=DMARC1; p=reject", 95),
        ("v=DMARC1; p=reject; sp=none" + RUA, 85),
        ("v=DMARC1; p=rejct", 0),
        ("v=dmarc1; p=reject", 0),
        (None, 0),
    ],
)
def test_grade_of_a_site_with_mail(text: str | None, grade: int) -> None:
    assert _grade(text) == grade


@pytest.mark.parametrize("mx", [NULL_MX, None])
def test_a_parked_domain_with_reject_scores_full_marks(mx: object) -> None:
    assert _grade("v=DMARC1; p=reject", mx) == 100


def test_an_unmeasured_record_has_no_grade() -> None:
    silent = NotMeasured(Reason.TIMEOUT)
    assert grade_family("dmarc", {"dmarc": silent, "mx": MAIL})[0].grade is None


def test_consent_that_was_not_measured_is_not_judged() -> None:
    own = Question("_dmarc.example.com", wire.TXT)
    consent = Question("example.com._report._dmarc.reports.example", wire.TXT)
    record = "v=DMARC1; p=none; rua=mailto:a@reports.example; ruf=mailto:a@reports.example"
    look = look_of(present(own, record), nodata(Question("_dmarc.com", wire.TXT)), timeout(consent))
    dmarc = read(Site(1, "example.com"), look)
    assert isinstance(dmarc, Dmarc)
    for code in ("DMARC033", "DMARC034"):
        assert isinstance(RULES[code].apply({"dmarc": dmarc}), Abstain)


def test_evidence_is_the_record() -> None:
    remark = RULES["DMARC003"].apply({"dmarc": parse_example("v=dmarc1; p=reject")})
    assert remark is not None
    assert "v=dmarc1; p=reject" in str(remark)
