"""The OpenSPF conformance suite (RFC 7208, release 2014.04), through `questions` and `read`.

The suite judges one mail from one address; we judge the record for all senders. So `none`,
`temperror` and `permerror` must agree, and every other result must be a valid record. What a
receiver only comes to for some senders is where the two differ: DIFFERENT says why.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from dnstats import wire
from dnstats.answer import Answer, Question, Reason
from dnstats.records.record import Look, NotMeasured, Site
from dnstats.records.spf import Spf, Verdict, questions, read

from tests.answers import look_of, nodata, nxdomain, present, run_plan, timeout

SUITE = Path(__file__).parent.parent / "data" / "openspf" / "rfc7208-tests.yml"

DIFFERENT = {
    "include-at-limit": (
        Verdict.PERMERROR,
        "its sender matches ahead of the eleventh look-up; others come to it",
    ),
}
TYPES = {"A": wire.A, "AAAA": wire.AAAA, "MX": wire.MX, "TXT": wire.TXT, "PTR": wire.PTR}


class Case(NamedTuple):
    name: str
    domain: str
    results: frozenset[str]
    zone: dict[str, list[Any]]


def load_cases() -> list[Case]:
    cases = []
    for scenario in yaml.load_all(SUITE.read_text("utf-8"), Loader=yaml.CSafeLoader):
        zone = {name.lower(): entries for name, entries in scenario["zonedata"].items()}
        for name, test in scenario["tests"].items():
            sender = test["mailfrom"]
            domain = sender.rpartition("@")[2] if sender else test["helo"]
            results = test["result"]
            results = [results] if isinstance(results, str) else results
            cases.append(Case(name, domain.lower(), frozenset(results), zone))
    return cases


def world(zone: dict[str, list[Any]]) -> Look:
    """The suite's zone data as answers; SPF entries stand for TXT unless TXT is given."""

    def look(question: Question) -> Answer:
        entries = zone.get(question.name.replace("\\032", " "))
        if entries is None:
            return nxdomain(question)
        records = [entry for entry in entries if isinstance(entry, dict)]
        kinds = {kind for entry in records for kind in entry}
        wanted = {kind for kind in kinds if TYPES.get(kind) == question.rdtype}
        if question.rdtype == wire.TXT and "TXT" not in kinds:
            wanted = {"SPF"}
        found = [entry[kind] for entry in records for kind in entry if kind in wanted]
        aliases = [entry["CNAME"] for entry in records if "CNAME" in entry]
        if aliases:
            return through(question, aliases[0])
        found = [one for one in found if one != "NONE"]
        if not found:
            return timeout(question) if "TIMEOUT" in entries else nodata(question)
        return present(question, *(rdata(question.rdtype, one) for one in found))

    def through(question: Question, alias: str) -> Answer:
        if alias.lower() == question.name:
            return timeout(question)
        target = look(question._replace(name=alias.lower()))
        rrset = target.rrset()
        assert rrset is not None, "the suite's aliases lead to records"
        texts = [data[1:] for data in rrset.rdata]
        return present(question, *texts, aliases=(alias,))

    return look


def rdata(rdtype: int, value: Any) -> Any:
    if rdtype == wire.TXT:
        strings = value if isinstance(value, list) else [value]
        return tuple(string.encode("latin-1") for string in strings)
    if rdtype == wire.MX:
        return f"{value[0]} {value[1].rstrip('.')}."
    return value


def verdict_on(case: Case) -> str:
    """The record's verdict, read from nothing but what `questions` asked."""
    whole = world(case.zone)
    site = Site(1, wire.canonical(case.domain))
    asked = run_plan(questions(site), whole)
    assert len(asked) == len(set(asked))
    reading = read(site, look_of(*(whole(question) for question in asked)))
    if reading is None:
        return "none"
    if isinstance(reading, NotMeasured):
        assert reading.reason is Reason.TIMEOUT
        return "unknown"
    assert isinstance(reading, Spf)
    assert not any("not_asked" in missed for missed in reading.unmeasured)
    return str(reading.verdict)


def expected(case: Case) -> set[str]:
    words = {"none": "none", "temperror": "unknown", "permerror": "permerror"}
    return {words.get(result, "valid") for result in case.results}


CASES = load_cases()


def test_the_suite_is_whole() -> None:
    assert len(CASES) == 203


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_openspf(case: Case) -> None:
    try:
        wire.canonical(case.domain)
    except wire.BadName:
        # Section 4.3: a malformed domain has no policy. No such name gets into a site list.
        assert case.results == {"none"}
        return
    verdict = verdict_on(case)
    if case.name in DIFFERENT:
        assert verdict == DIFFERENT[case.name][0]
    else:
        assert verdict in expected(case)
