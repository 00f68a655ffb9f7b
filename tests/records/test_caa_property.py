"""The grammar of CAA properties, held against other people's cases.

The cases are facts taken from two test suites and written down anew: Boulder (Let's Encrypt),
`va/caa_test.go`, MPL-2.0; Internet.nl, `checks/caa/tests/test_parser.py`, Apache-2.0. Where the
verdict here is another one, the row says why.
"""

from __future__ import annotations

import pytest
from dnstats.records.caa_property import Property, parse_property, read_property, unknown_methods
from hypothesis import given
from hypothesis import strategies as st

BOULDER_VALUES = [
    ("", ""),
    (";", ""),
    (" ; ", ""),
    ("letsencrypt.org", "letsencrypt.org"),
    ("letsencrypt.org;", "letsencrypt.org"),
    ("letsencrypt.org;   ", "letsencrypt.org"),
    ("  letsencrypt.org\t;foo=bar;baz=bar", "letsencrypt.org"),
    ("\tletsencrypt.org ;foo=bar;baz=bar", "letsencrypt.org"),
    ("letsencrypt.org; foo=; baz =\tbar", "letsencrypt.org"),
    ("letsencrypt.org; foo=\t; baz =\tbar", "letsencrypt.org"),
    ("letsencrypt.org; foo=b1,b2,b3\t; baz =\t\ta=b\t", "letsencrypt.org"),
    ("letsencrypt.org; foo=b1,b2,b3\t; foo= b1,b2,b3\t", "letsencrypt.org"),
    ("letsencrypt.org; foo=b1,b2,b3\t; baz =\t\ta = b\t", None),
    ("letsencrypt.org; foo=b1,b2,b3\t; baz=a=\tb", None),
    ("letsencrypt.org; foo=b1,b2,b3\t; baz =\t\ta;b\t", None),
    ("letsencrypt.org; 1=2; baz=a-b", "letsencrypt.org"),
    ("letsencrypt.org; a_b=123", None),
    ("letsencrypt.org; ab=1 2 3", None),
    # Boulder refuses a hyphen in a parameter's tag (RFC 6844 had none); RFC 8659 section 4.2
    # allows hyphens inside a tag, so the value is well formed here.
    ("letsencrypt.org; 1=2; a-b=c", "letsencrypt.org"),
    ("letsencrypt.org; foo=a\u2615b", None),
    ("letsencrypt.org; foo=b1,b2,b3 baz=a", None),
]


@pytest.mark.parametrize(("value", "issuer"), BOULDER_VALUES)
def test_issue_values_of_boulder(value: str, issuer: str | None) -> None:
    one = parse_property(0, b"issue", value.encode())
    assert one.issuer == (issuer or "")
    assert bool(one.fault) == (issuer is None)


INTERNET_NL = [
    (0, "issue", ";", True),
    (128, "issue", ";", True),
    (128, "ISSue", ";", True),
    (0, "issue", "ca.example.com", True),
    (0, "issuewild", "ca.example.com", True),
    (0, "iodef", "https://report.example.com", True),
    (0, "iodef", "mailto:report@example.com", True),
    (0, "contactemail", "contact@example.com", True),
    (0, "contactphone", "+3185123456", True),
    (0, "issuevmc", ";", True),
    (0, "issuevmc", "ca.example.com", True),
    (0, "issuemail", ";", True),
    (0, "issuemail", "authority.example; account=123456", True),
    (0, "issue", "example.net; accounturi=https://example.net/account/1234", True),
    (0, "issue", "example.net; validationmethods=dns-01,ca-custom", True),
    (
        0,
        "issuewild",
        "example.net; accounturi=https://example.net/account/2345; validationmethods=http-01",
        True,
    ),
    (255, "issue", ";", False),
    (0, "issue", "%", False),
    (0, "issue", "\U0001f4a9", False),
    (0, "issuewild", "\U0001f4a9", False),
    (0, "issuevmc", "\U0001f4a9", False),
    (0, "iodef", "https://", False),
    (0, "iodef", "ftp://report.example.com", False),
    (0, "contactemail", "not-an-email", False),
    (0, "contactphone", "not-a-phone-number", False),
    (0, "issuemail", "authority.example; account=\U0001f4a9", False),
    (0, "issue", "example.net; validationmethods=dns-01,custom", False),
]


@pytest.mark.parametrize(("flags", "tag", "value", "is_valid"), INTERNET_NL)
def test_records_of_internet_nl(flags: int, tag: str, value: str, is_valid: bool) -> None:
    one = parse_property(flags, tag.encode(), value.encode())
    # Reserved flags and unknown methods are faults of their own here (CAA009, CAA015): they do not
    # break the value.
    has_fault = bool(one.fault) or bool(flags & 0x7F) or bool(unknown_methods(one))
    assert has_fault == (not is_valid)


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("pki@example.com", "no scheme"),
        ("example.com", "no scheme"),
        ("mailto:", "no mail address"),
        ("mailto:a@b", "no mail address"),
        ("mailto:a@b.example?subject=CAA", ""),
        ("MAILTO:a@b.example", ""),
        ("https://", "no host"),
        ("https:/example.com", "no host"),
        ("http://example.com/x?y", ""),
        ("tel:+31", "neither mailto nor https"),
    ],
)
def test_iodef(value: str, fault: str) -> None:
    assert parse_property(0, b"iodef", value.encode()).fault == fault


@pytest.mark.parametrize("value", ['"ca.example"', "'ca.example'", '"ca.example'])
def test_quotation_marks_inside_the_value_are_told(value: str) -> None:
    one = parse_property(0, b"issue", value.encode())
    assert one.fault == "the value has quotation marks inside"
    assert one.issuer == ""


def test_parameters_are_kept_in_order_and_found_by_tag() -> None:
    one = parse_property(0, b"issue", b"ca.example; AccountURI=https://a; validationmethods=dns-01")
    assert one.parameters == (("accounturi", "https://a"), ("validationmethods", "dns-01"))
    assert one.parameter("accounturi") == ("https://a",)
    assert unknown_methods(one) == ()


@pytest.mark.parametrize(
    ("rdata", "is_read"),
    [
        (b"", False),
        (b"\0", False),
        (b"\0\0", False),
        (b"\0\0value", False),
        (b"\0\x06issue", False),
        (b"\0\x05issue", True),
        (b"\0\x05issueca.example", True),
        (b"\0\xff" + b"a" * 255, True),
    ],
)
def test_the_wire_form(rdata: bytes, is_read: bool) -> None:
    assert (read_property(rdata) is not None) == is_read


@given(st.binary(max_size=300))
def test_any_bytes_are_a_printable_property_or_none(rdata: bytes) -> None:
    one = read_property(rdata)
    if one is not None:
        assert isinstance(one, Property)
        assert one.tag.isprintable()
        assert one.value.isprintable()
        assert one.issuer.isprintable()
        assert all(text.isprintable() for pair in one.parameters for text in pair)


@given(st.integers(0, 255), st.sampled_from([b"issue", b"issuemail", b"iodef"]), st.binary())
def test_a_faulty_value_names_nobody(flags: int, tag: bytes, value: bytes) -> None:
    one = parse_property(flags, tag, value)
    assert not (one.fault and one.issuer)
