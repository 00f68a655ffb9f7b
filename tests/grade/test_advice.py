"""Advice from stored remarks: the order, the gain, the record."""

from __future__ import annotations

import pytest
from dnstats.grade.advice import NOTES, RECORDS, advise, gain, records_to_publish
from dnstats.grade.grading import FamilyGrade, grade_site
from dnstats.grade.rule import RULES, Remark
from dnstats.grade.scale import POINTS, Severity, overall_fraction
from dnstats.records import caa, dmarc, spf


def _remark(code: str, family: str, severity: Severity) -> Remark:
    return Remark(code, family, severity, POINTS[severity], "")


def _grades(remarks: list[Remark], families: tuple[str, ...]) -> list[FamilyGrade]:
    return [
        FamilyGrade(one, max(0, 100 - sum(r.points for r in remarks if r.family == one)), (), "")
        for one in families
    ]


FAMILIES = ("dmarc", "spf", "dnssec", "ns", "caa", "mx", "soa", "mta_sts")


def test_what_gains_most_comes_first_whatever_it_costs_its_family() -> None:
    remarks = [
        _remark("CAA001", "caa", Severity.HIGH),
        _remark("DNSSEC001", "dnssec", Severity.HIGH),
        _remark("SOA001", "soa", Severity.CRITICAL),
        _remark("DMARC030", "dmarc", Severity.LOW),
        _remark("SOA013", "soa", Severity.NOTICE),
    ]
    advice = advise("a.example", "unknown", _grades(remarks, FAMILIES), remarks)
    order = [remarks[at].code for at in advice.order]
    assert order == ["DNSSEC001", "SOA001", "CAA001", "DMARC030", "SOA013"]


@pytest.mark.parametrize("at", range(4))
def test_a_gain_is_what_the_overall_grade_gains(at: int) -> None:
    remarks = [
        _remark("CAA001", "caa", Severity.HIGH),
        _remark("SPF029", "spf", Severity.LOW),
        _remark("SPF001", "spf", Severity.CRITICAL),
        _remark("STS002", "mta_sts", Severity.MEDIUM),
    ]
    grades = _grades(remarks, FAMILIES)
    left = [one for one in remarks if one is not remarks[at]]
    fractions = [
        overall_fraction({one.family: one.grade for one in which})
        for which in (grades, _grades(left, FAMILIES))
    ]
    before, after = (one[0] / one[1] for one in fractions if one)
    told = advise("a.example", "", grades, remarks).gains[at]
    assert told == pytest.approx(after - before)


def test_a_bogus_zone_is_mended_first_and_nothing_else_gains() -> None:
    remarks = [
        _remark("SPF001", "spf", Severity.CRITICAL),
        _remark("DNSSEC003", "dnssec", Severity.CRITICAL),
    ]
    advice = advise("a.example", "", _grades(remarks, FAMILIES), remarks)
    assert advice.order[0] == 1
    assert advice.gains == (None, None)


def test_a_record_to_publish_has_the_sites_name_and_its_senders() -> None:
    (line,) = records_to_publish("SPF001", "a.example", "Microsoft 365")
    assert line.startswith('a.example. TXT "v=spf1 include:spf.protection.outlook.com -all"')
    assert records_to_publish("NS001", "a.example", "") == ()


def test_every_record_is_of_a_rule_and_cures_it() -> None:
    assert set(NOTES) <= set(RECORDS) <= set(RULES)
    families = {"DMARC": ("dmarc", dmarc), "SPF": ("spf", spf), "CAA": ("caa", caa)}
    for code in RECORDS:
        (line,) = records_to_publish(code, "example.com", "")
        kind = code.rstrip("0123456789")
        if kind in families:
            family, module = families[kind]
            text = line.partition("  ;")[0].partition(" ")[2].partition(" ")[2]
            reading = module.parse_example(text.strip('"') if kind != "CAA" else text)
            found = {one.code for one in grade_site({family: reading}).remarks}
            assert code not in found, line


def test_there_is_no_gain_where_there_is_no_grade_or_nothing_that_counts() -> None:
    remark = _remark("SPF029", "spf", Severity.LOW)
    assert gain(remark, {"spf": None}, {"spf": 5}, 100) is None
    assert gain(remark, {"spf": 95}, {"spf": 5}, 0) is None
    assert gain(remark, {"spf": 95}, {"spf": 5}, 100) == 1.0  # 5 points of a family that weighs 20
