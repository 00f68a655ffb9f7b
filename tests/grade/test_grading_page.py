"""The table of expectations in include/docs/grading.md, computed from readings."""

from __future__ import annotations

import re

import pytest
from dnstats.grade.examples import read_example
from dnstats.grade.grading import grade_site
from dnstats.grade.scale import POINTS, WEIGHTS, Severity, letter
from dnstats.grade.zone_examples import ns_of, signed, soa_of
from dnstats.records.dnssec_state import State
from dnstats.records.record import Reading
from dnstats.settings import ROOT

PAGE = (ROOT / "include" / "docs" / "grading.md").read_text("utf-8")

SOUND: dict[str, object] = {
    "address": None, "https": None, "bimi": None, "msdcs": None, "dane": None, "mta_sts": None,
    "tls_rpt": None,
    "ns": ns_of(),
    "soa": soa_of(),
    "dnssec": signed(),
    "caa": ('0 issue "ca.example"', '0 iodef "mailto:pki@example.com"'),
    "mx": "10 mx1.example.com, 20 mx2.example.net",
    "spf": "v=spf1 mx include:_spf.example.net ~all",
    "dmarc": "v=DMARC1; p=quarantine; rua=mailto:dmarc@example.com",
}  # fmt: skip
UNSIGNED = {"dnssec": signed(state=State.INSECURE, ds=(), dnskeys=())}
PARKED: dict[str, object] = {"mx": "0 .", "spf": "v=spf1 -all", "dmarc": "v=DMARC1; p=reject"}
NO_ZONE_SECURITY: dict[str, object] = {**UNSIGNED, "caa": None}

EXPECTED: dict[str, dict[str, object]] = {
    "enforced DMARC, SPF, DNSSEC, CAA": {},
    "no mail: `v=spf1 -all`, null MX, `p=reject`, DNSSEC, CAA": PARKED,
    "without CAA": {"caa": None},
    "without DNSSEC": UNSIGNED,
    "without DNSSEC and CAA": NO_ZONE_SECURITY,
    "... and DMARC at `p=none`, SPF at `~all`": {
        **NO_ZONE_SECURITY,
        "dmarc": "v=DMARC1; p=none; rua=mailto:dmarc@example.com",
    },
    "... and no reports from it either": {**NO_ZONE_SECURITY, "dmarc": "v=DMARC1; p=none"},
    "no mail, and nothing published against forgery, no DNSSEC, no CAA": {
        **NO_ZONE_SECURITY, "mx": None, "spf": None, "dmarc": None,
    },
    "mail with SPF at `-all`, no DMARC, no DNSSEC, no CAA": {
        **NO_ZONE_SECURITY, "spf": "v=spf1 mx -all", "dmarc": None,
    },
    "mail and nothing of all that": {**NO_ZONE_SECURITY, "spf": None, "dmarc": None},
    "DNSSEC that fails validation": {"dnssec": signed(state=State.BOGUS)},
}  # fmt: skip

ROW = re.compile(r"^\| (.+?) \| (\d+) \| ([A-F][+-]?) \|$", re.MULTILINE)


def read_site(changes: dict[str, object]) -> dict[str, Reading | None]:
    return read_example({**SOUND, **changes})


def test_the_table_has_a_row_for_each_site() -> None:
    assert [row[0] for row in ROW.findall(PAGE)] == list(EXPECTED)


@pytest.mark.parametrize(("site", "grade", "name"), ROW.findall(PAGE))
def test_a_site_gets_the_grade_that_the_page_says(site: str, grade: str, name: str) -> None:
    graded = grade_site(read_site(EXPECTED[site]))
    told = [(remark.code, remark.points) for remark in graded.remarks if remark.points]
    assert (graded.overall, letter(graded.overall or 0)) == (int(grade), name), told


def test_the_page_tells_the_numbers_of_the_scale() -> None:
    for severity in Severity:
        assert f"| {severity} | {POINTS[severity]} |" in PAGE
    told = re.findall(
        r"^\| (DMARC|SPF|DNSSEC|name servers|CAA|mail hosts|SOA) \| (\d+) \|", PAGE, re.M
    )
    assert [int(weight) for _, weight in told] == [
        WEIGHTS[family] for family in ("dmarc", "spf", "dnssec", "ns", "caa", "mx", "soa")
    ]
