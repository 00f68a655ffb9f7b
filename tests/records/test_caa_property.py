"""The grammar of CAA properties: what breaks a value, what is kept. Suites: test_caa_suites.py."""

from __future__ import annotations

import pytest
from dnstats.records import caa
from dnstats.records.caa_property import Property, parse_property, read_property, unknown_methods
from hypothesis import given
from hypothesis import strategies as st


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
    (one,) = caa.parse_example(record).properties
    assert one.fault == ""
