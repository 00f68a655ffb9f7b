"""Report addresses."""

from __future__ import annotations

import pytest
from dnstats.records.report_uri import MAX_URIS, report_uris
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("mailto:a@example.com", "example.com"),
        ("MAILTO:a@Example.COM", "example.com"),
        ("mailto:a+b@sub.example.com?subject=x", "sub.example.com"),
        ("mailto:a@example.com.", "example.com"),
        ("https://example.com/in", ""),
        ("ftp://example.com/pub", ""),
        ("https://[2001:db8::1]/in", ""),
        ("https://example.com/in?a=b#c", ""),
        ("mailto:a%20b@example.com", "example.com"),
    ],
)
def test_valid_addresses(value: str, host: str) -> None:
    (uri,) = report_uris(value)
    assert (uri.is_valid, uri.host) == (True, host)


@pytest.mark.parametrize(
    "value",
    [
        "dmarc@example.com",
        "mailto:dmarc",
        "mailto:@example.com",
        "mailto:a@",
        "mailto:a@localhost",
        "mailto:a@exa mple.com",
        "mailto:a@exam\\255ple.com",
        "mailto:a@example..com",
        "mailto:a@example.com!10x",
        "mailto:a@example.com!",
        "mailto:<a@example.com>",
        "example",
        "mailto:",
        "mailto:a%zz@example.com",
        "mailto:a%2@example.com",
        "mailto:a[b]@example.com",
        "mailto:a@b@example.com",
        "https://example.com/[in]",
        "https://example.com/#a#b",
    ],
)
def test_invalid_addresses(value: str) -> None:
    (uri,) = report_uris(value)
    assert not uri.is_valid


def test_lists_with_and_without_white_space() -> None:
    uris = report_uris("mailto:a@example.com , mailto:b@example.com,,")
    assert [uri.uri for uri in uris] == ["mailto:a@example.com", "mailto:b@example.com"]


def test_the_obsolete_size_is_split_off() -> None:
    (uri,) = report_uris("mailto:a@example.com!10m")
    assert uri == ("mailto:a@example.com", "example.com", True, "10m")


def test_endless_lists_are_bounded() -> None:
    assert len(report_uris(",".join(["mailto:a@example.com"] * 999))) == MAX_URIS


@given(st.text())
def test_any_text_is_some_list(value: str) -> None:
    assert all(uri.host == uri.host.lower() for uri in report_uris(value))
