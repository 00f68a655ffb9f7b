"""Whole CAA sets: may Let's Encrypt issue? The verdicts of Boulder's own test, case by case.

Facts from Boulder, `va/caa_test.go` (MPL-2.0), written down anew: name asked for, set found,
verdict. Cases about accounts and methods need a request and are compared by their parameters.
"""

from __future__ import annotations

import pytest
from dnstats.records.caa import Caa, parse_example

ISSUER, METHOD, ACCOUNT = "letsencrypt.org", "http-01", "https://letsencrypt.org/acct/reg/123"


def may_issue(caa: Caa, *, wildcard: bool = False) -> bool:
    """What an authority does with the reading (RFC 8659 section 3, RFC 8657)."""
    issuers = caa.wildcard_issuers if wildcard else caa.issuers
    if issuers is None:
        return True
    tag = "issuewild" if wildcard and caa.of("issuewild") else "issue"
    return ISSUER in issuers and any(
        one.issuer == ISSUER
        and all(account == ACCOUNT for account in one.parameter("accounturi"))
        and all(METHOD in value.split(",") for value in one.parameter("validationmethods"))
        for one in caa.of(tag)
    )


LE = "letsencrypt.org"
CASES = [
    (('0 issue "ca.com"',), False),
    (('0 iSsUe "ca.com"',), False),
    (('1 issue "ca.com"',), False),
    ((f'0 issue "{LE}"',), True),
    (('1 issue "ca.com"', f'1 issue "{LE}"'), True),
    (('128 foo "bar"',), False),
    # Boulder takes flag 1 for critical, because many meant it so; RFC 8659 section 4.1 defines only
    # 128 and has issuers ignore the other bits. Here it is a fault of its own (CAA009).
    (('1 foo "bar"',), True),
    (('126 foo "bar"',), True),
    (('0 issue "  letsencrypt.org  ;foo=bar;baz=bar"',), True),
    ((f'0 issue "{LE}; a_b=123"',), False),
    ((f'0 issue "{LE}; ab=1 2 3"',), False),
    ((f'0 issue "{LE}; validationmethods=dns-01"',), False),
    ((f'0 issue "{LE}; validationmethods=http-01"',), True),
    ((f'0 issue "{LE}; validationmethods=http-01,dns-01"',), True),
    ((f'0 issue "{LE}; accounturi={ACCOUNT}"',), True),
    ((f'0 issue "{LE}; accounturi={ACCOUNT}; validationmethods=http-01"',), True),
    ((f'0 issue "{LE}; accounturi={ACCOUNT}; validationmethods=dns-01"',), False),
    ((f'0 issue "{LE}; accounturi=https://letsencrypt.org/acct/reg/321"',), False),
    (
        (
            f'0 issue "{LE}; accounturi=https://letsencrypt.org/acct/reg/321"',
            f'0 issue "{LE}; accounturi={ACCOUNT}"',
        ),
        True,
    ),
    (('0 issue ";"',), False),
]
WILDCARD_CASES = [
    (('0 issue ";"',), False),
    (('0 issuewild ";"',), False),
    ((f'0 issue "{LE}"', '0 issuewild "ca.com"'), False),
    ((f'0 issuewild "{LE}"',), True),
    (('0 issuewild "ca.com"', f'0 issuewild "{LE}"'), True),
    (('0 issue "ca.com"', f'0 issuewild "{LE}"'), True),
    (('126 foo "bar"',), True),
]


@pytest.mark.parametrize(("records", "verdict"), CASES)
def test_names(records: tuple[str, ...], verdict: bool) -> None:
    assert may_issue(parse_example(records)) is verdict


@pytest.mark.parametrize(("records", "verdict"), WILDCARD_CASES)
def test_wildcards(records: tuple[str, ...], verdict: bool) -> None:
    assert may_issue(parse_example(records), wildcard=True) is verdict


# Real records of UK government zones (ministryofjustice/dns, MIT licence), all well formed.
MOJ = (
    '0 issue "pki.goog"',
    '0 issue "sectigo.com"',
    '0 issue ";"',
    '0 iodef "mailto:certificates@digital.justice.gov.uk"',
    '0 iodef "mailto:certificates-gg@justice.gov.uk"',
)


@pytest.mark.parametrize("record", MOJ)
def test_real_records_have_no_fault(record: str) -> None:
    (one,) = parse_example(record).properties
    assert one.fault == ""
