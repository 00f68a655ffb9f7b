"""Bugs of the predecessor (dnstats.io, 2021) that lay under every family; each test names one."""

from __future__ import annotations

import dns.rcode
import pytest
from dnstats import wire
from dnstats.answer import Answer, Question, Reason
from dnstats.grade.grading import grade_site
from dnstats.grade.rule import RULES, Abstain
from dnstats.records import load_records
from dnstats.records.record import NotMeasured, Record, Site

from tests.answers import failed, look_of, nodata, nxdomain, unmeasured

SITE = Site(1, "example.com")
RECORDS = load_records()
BROKEN_RCODES = [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.FORMERR, dns.rcode.NOTIMP]
QUESTION = Question("example.com", wire.TXT)


@pytest.mark.parametrize("rcode", BROKEN_RCODES)
def test_predecessor_bug_01_an_error_code_is_not_no_record(rcode: int) -> None:
    answer = failed(QUESTION, rcode)
    assert not answer.is_measured
    assert not answer.is_absent
    assert answer.rrset() is None


def test_predecessor_bug_01_nxdomain_and_nodata_are_kept_apart() -> None:
    assert nxdomain(QUESTION).outcome != nodata(QUESTION).outcome
    assert nxdomain(QUESTION).is_absent
    assert nodata(QUESTION).is_absent


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_predecessor_bug_01_a_failure_is_read_as_not_measured(
    record: Record, reason: Reason
) -> None:
    value = record.read(SITE, lambda question: unmeasured(question, reason))
    assert isinstance(value, NotMeasured)


@pytest.mark.parametrize("rcode", BROKEN_RCODES)
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_predecessor_bug_01_an_error_code_is_read_as_not_measured(
    record: Record, rcode: int
) -> None:
    value = record.read(SITE, lambda question: failed(question, rcode))
    assert isinstance(value, NotMeasured)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.name)
def test_predecessor_bug_01_an_empty_archive_is_read_as_not_measured(record: Record) -> None:
    assert isinstance(record.read(SITE, look_of()), NotMeasured)


@pytest.mark.parametrize("reason", list(Reason))
def test_predecessor_bug_01_a_failure_gets_no_grade_and_no_remark(reason: Reason) -> None:
    readings = {record.name: NotMeasured(reason) for record in RECORDS}
    grades = grade_site(readings)
    assert grades.overall is None
    assert {family.grade for family in grades.families} == {None}
    assert grades.remarks == ()


@pytest.mark.parametrize("code", sorted(RULES))
def test_predecessor_bug_01_no_rule_judges_a_failure(code: str) -> None:
    readings = {record.name: NotMeasured(Reason.TIMEOUT) for record in RECORDS}
    assert isinstance(RULES[code].apply(readings), Abstain)


def test_predecessor_bug_01_whole_way_from_silence_to_grade() -> None:
    def silence(question: Question) -> Answer:
        return unmeasured(question, Reason.TIMEOUT)

    readings = {record.name: record.read(SITE, silence) for record in RECORDS}
    assert grade_site(readings).overall is None
    assert grade_site(readings).remarks == ()
