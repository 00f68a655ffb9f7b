"""Other people's verdicts on CAA: Boulder's issuance and parsing cases, Internet.nl's records.

Every row is run; where our verdict is another one, the row says `ours` and `why`. Boulder's
issuance cases go the whole way: zone, questions, messages, reading, the answer to "may it issue?".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dnstats import wire
from dnstats.answer import Answer, Question, Reason
from dnstats.records import caa
from dnstats.records.caa import Caa
from dnstats.records.caa_property import parse_property, unknown_methods
from dnstats.records.record import Site

from tests.answers import look_of, nodata, present, run_plan, unmeasured

DATA = Path(__file__).parents[1] / "data"
BOULDER = json.loads((DATA / "caa_boulder.json").read_text("utf-8"))
INTERNET_NL = json.loads((DATA / "caa_internetnl.json").read_text("utf-8"))["records"]
ISSUER, METHOD, ACCOUNT = "letsencrypt.org", "http-01", "https://letsencrypt.org/acct/reg/123"


def may_issue(found: Caa | None, *, wildcard: bool) -> bool:
    """What an authority does with the reading (RFC 8659 section 3, RFC 8657)."""
    issuers = None if found is None else found.wildcard_issuers if wildcard else found.issuers
    if found is None or issuers is None:
        return True
    tag = "issuewild" if wildcard and found.of("issuewild") else "issue"
    return ISSUER in issuers and any(
        one.issuer == ISSUER
        and all(account == ACCOUNT for account in one.parameter("accounturi"))
        and all(METHOD in value.split(",") for value in one.parameter("validationmethods"))
        for one in found.of(tag)
    )


def read_zone(domain: str, zone: dict[str, Any]) -> Caa | None:
    """The CAA reading of a domain, from nothing but what its questions ask."""

    def answer(question: Question) -> Answer:
        known = zone.get(question.name)
        if known == "SERVFAIL":
            return unmeasured(question, Reason.SERVFAIL)
        if question.rdtype != wire.CAA or not known:
            return nodata(question)
        return present(question, *(text_of(*record) for record in known))

    site = Site(1, domain)
    asked = run_plan(caa.questions(site), answer)
    reading = caa.read(site, look_of(*(answer(question) for question in asked)))
    assert reading is None or isinstance(reading, Caa)
    return reading


def text_of(flags: int, tag: str, value: str) -> str:
    """One record's data in the generic form of RFC 3597: no presentation form in between."""
    octets = bytes((flags, len(tag))) + tag.encode() + value.encode()
    return f"\\# {len(octets)} {octets.hex()}"


def test_the_suites_are_whole() -> None:
    rows = [*BOULDER["checking"], *BOULDER["parsing"], *INTERNET_NL]
    assert len(rows) == 82
    assert all(row["why"] for row in rows if "ours" in row)


@pytest.mark.parametrize("row", BOULDER["checking"], ids=lambda row: row["name"])
def test_issuance(row: dict[str, Any]) -> None:
    wildcard = row["domain"].startswith("*.")
    found = read_zone(row["domain"].removeprefix("*."), row["zone"])
    assert (found.found_at if found else "") == row["found_at"]
    assert may_issue(found, wildcard=wildcard) is row.get("ours", row["may_issue"])


@pytest.mark.parametrize("row", BOULDER["parsing"], ids=lambda row: row["name"])
def test_issue_values(row: dict[str, Any]) -> None:
    expected = row.get("ours", row["issuer"])  # None: the value is malformed
    one = parse_property(0, b"issue", row["value"].encode())
    assert one.issuer == (expected or "")
    assert bool(one.fault) is (expected is None)


@pytest.mark.parametrize("row", INTERNET_NL, ids=lambda row: f"{row['tag']} {row['value']}")
def test_records(row: dict[str, Any]) -> None:
    one = parse_property(row["flags"], row["tag"].encode(), row["value"].encode())
    # Reserved flags and unknown methods are faults of their own here (CAA009, CAA015): they do not
    # break the value.
    has_fault = bool(one.fault) or bool(row["flags"] & 0x7F) or bool(unknown_methods(one))
    assert has_fault is not row["valid"]
