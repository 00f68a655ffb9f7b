"""Every rule against its own examples: the folder of rules is the list of these tests."""

from __future__ import annotations

import re
from typing import Any

import dnstats.grade.rules  # noqa: F401  (registers every rule)
import pytest
from dnstats.answer import Reason
from dnstats.grade.examples import read_example
from dnstats.grade.rule import RULES, Abstain, Remark, Rule
from dnstats.records import FAMILIES
from dnstats.records.record import NotMeasured

CODES = {
    "address": "ADDRESS",
    "bimi": "BIMI",
    "caa": "CAA",
    "dane": "DANE",
    "dmarc": "DMARC",
    "dnssec": "DNSSEC",
    "https": "HTTPS",
    "misplaced": "",
    "msdcs": "MSDCS",
    "mta_sts": "STS",
    "mx": "MX",
    "ns": "NS",
    "soa": "SOA",
    "spf": "SPF",
    "tls_rpt": "TLSRPT",
}
"""What the codes of each family begin with: a public contract. Misplaced texts are judged by the
families that they were meant for."""

NOBODY_KNOWS = NotMeasured(Reason.TIMEOUT)


def each_rule() -> list[Any]:
    return [pytest.param(RULES[code], id=code) for code in sorted(RULES)]


def each_example(kind: str) -> list[Any]:
    return [
        pytest.param(RULES[code], example, id=f"{code}-{number}")
        for code in sorted(RULES)
        for number, example in enumerate(getattr(RULES[code], kind))
    ]


def test_every_family_has_its_own_code() -> None:
    assert set(CODES) == set(FAMILIES), "say in CODES above what the codes of its rules begin with"
    assert len(set(CODES.values())) == len(CODES)


@pytest.mark.parametrize(("rule", "example"), each_example("passes"))
def test_what_passes_gives_no_remark(rule: Rule, example: Any) -> None:
    verdict = rule.apply(read_example(example))
    assert verdict is None, f"{rule.code} on {example}: {verdict}"


@pytest.mark.parametrize(("rule", "example"), each_example("fails"))
def test_what_fails_gives_its_remark(rule: Rule, example: Any) -> None:
    verdict = rule.apply(read_example(example))
    assert isinstance(verdict, Remark), f"{rule.code} on {example}: {verdict}"
    assert verdict.code == rule.code
    assert verdict.evidence, "a remark says what was found"
    assert verdict.evidence.isprintable()


@pytest.mark.parametrize("rule", each_rule())
def test_a_rule_is_complete(rule: Rule) -> None:
    assert re.fullmatch(rf"{CODES[rule.family]}\d{{3}}", rule.code)
    assert rule.title, "the docstring's first line is the title"
    assert len(rule.title) <= 100
    assert rule.help, "the docstring goes on with what happens, and the cure"
    assert re.fullmatch(r"https://\S+#\S+", rule.reference), "a URL with the section that says so"
    assert rule.passes
    assert rule.fails
    assert rule.reads


@pytest.mark.parametrize(("rule", "example"), each_example("fails"))
def test_a_rule_abstains_where_a_family_is_not_measured(rule: Rule, example: Any) -> None:
    readings = read_example(example)
    for family in rule.reads:
        verdict = rule.apply({**readings, family: NOBODY_KNOWS})
        assert isinstance(verdict, Abstain), f"{rule.code} judged {family}, which nobody measured"


@pytest.mark.parametrize("rule", each_rule())
def test_a_rule_abstains_where_nothing_was_asked(rule: Rule) -> None:
    assert isinstance(rule.apply({}), Abstain)
