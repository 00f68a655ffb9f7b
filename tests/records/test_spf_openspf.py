"""The OpenSPF conformance suite (RFC 7208, release 2014.04), through `questions` and `read`.

The suite judges one mail from one address; we judge the record for all senders. So `none`,
`temperror` and `permerror` must agree, and every other result must be a valid record. What a
receiver only comes to for some senders is where the two differ: DIFFERENT says why.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from dnstats import wire
from dnstats.answer import Answer, Question, Reason, not_asked
from dnstats.records.record import Look, NotMeasured, Reading, Site
from dnstats.records.spf import Spf, Verdict, questions, read
from msgspec.structs import replace

from tests.answers import look_of, nodata, nxdomain, present, run_plan, timeout
from tests.scan.asking import quick, run
from tests.scan.nameserver import Handler, NameServer, Query, Reply, respond, whole

SUITE = Path(__file__).parent.parent / "data" / "openspf" / "rfc7208-tests.yml"

DIFFERENT = {
    "include-at-limit": (
        Verdict.PERMERROR,
        "its sender matches ahead of the eleventh look-up; others come to it",
    ),
}
TYPES = {"A": wire.A, "AAAA": wire.AAAA, "MX": wire.MX, "TXT": wire.TXT, "PTR": wire.PTR}


class Case(NamedTuple):
    scenario: str
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
            cases.append(
                Case(scenario["description"], name, domain.lower(), frozenset(results), zone)
            )
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
        target = look(replace(question, name=alias.lower()))
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
    return verdict_of(read(site, look_of(*(whole(question) for question in asked))))


def verdict_of(reading: Reading | None) -> str:
    """The suite's word for a reading."""
    if reading is None:
        return "none"
    if isinstance(reading, NotMeasured):
        assert reading.reason is Reason.TIMEOUT
        return "unknown"
    assert isinstance(reading, Spf)
    assert not any("not_asked" in missed for missed in reading.unmeasured)
    return str(reading.verdict)


def is_name(text: str) -> bool:
    try:
        wire.canonical(text)
    except wire.BadName:
        return False
    return True


def expected(case: Case) -> set[str]:
    words = {"none": "none", "temperror": "unknown", "permerror": "permerror"}
    return {words.get(result, "valid") for result in case.results}


CASES = load_cases()


def test_the_suite_is_whole() -> None:
    assert len(CASES) == 203


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_openspf(case: Case) -> None:
    if not is_name(case.domain):
        # Section 4.3: a malformed domain has no policy. No such name gets into a site list.
        assert case.results == {"none"}
        return
    verdict = verdict_on(case)
    if case.name in DIFFERENT:
        assert verdict == DIFFERENT[case.name][0]
    else:
        assert verdict in expected(case)


def serve(zone: dict[str, list[Any]]) -> Handler:
    """The suite's zone data as a resolver on a socket: no answer where it says TIMEOUT."""
    whole_zone = world(zone)

    def tell(query: Query) -> Iterable[Reply]:
        message = whole_zone(Question(query.name, query.rdtype)).message
        if not message:
            return []
        _, end = wire.read_name(message, 12)
        retold = query.data[:2] + message[2:12] + query.section + message[end + 4 :]
        if not query.tcp and len(retold) > 1232:
            return [(0, respond(query, (), tc=True))]
        return [(0, whole(query, retold))]

    return tell


@pytest.mark.parametrize("scenario", sorted({case.scenario for case in CASES}))
def test_openspf_over_sockets(scenario: str) -> None:
    """Asked by the engine, answered by messages, read from what was recorded: the same verdicts."""
    cases = [case for case in CASES if case.scenario == scenario and is_name(case.domain)]
    sites = [Site(1, domain) for domain in dict.fromkeys(wire.canonical(c.domain) for c in cases)]
    plans = [(site.domain, questions(site)) for site in sites]
    with NameServer(serve(cases[0].zone)) as server:
        settings = quick(f"127.0.0.1:{server.port}", tries=2, patience=5.0)
        recorded, _ = run(settings, plans=plans)

    def look(question: Question) -> Answer:
        return recorded.final(question) if question in recorded.calls else not_asked(question)

    for case in cases:
        reading = read(Site(1, wire.canonical(case.domain)), look)
        assert verdict_of(reading) == verdict_on(case), case.name
