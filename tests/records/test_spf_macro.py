"""Macros: which are known from the record alone, and what they come to (RFC 7208 section 7)."""

from __future__ import annotations

import pytest
from dnstats import wire
from dnstats.records.spf_macro import domain_spec_fault, macro_string_fault, target_name
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("A.Example.COM.", "a.example.com"),
        ("%{d}.d.spf.example.net.", "mail.in.example.com.d.spf.example.net"),
        ("%{d2}", "example.com"),
        ("%{d1}.x", "com.x"),
        ("%{dr}", "com.example.in.mail"),
        ("%{d2r}", "in.mail"),
        ("%{d99}", "mail.in.example.com"),
        ("%{d000000000001}", "com"),
        ("%{D2}", "example.com"),
        ("%{o}._spf.%{d1}", "example.org._spf.com"),
        ("a%%b%_c%-d.example", "a%b\\032c%20d.example"),
        ("foo:bar/baz.example", "foo:bar/baz.example"),
        ("%{i}.example", None),
        ("%{s}", None),
        ("%{h}.example", None),
        ("%{ir}.%{v}._spf.%{d2}", None),
        ("a..example", ""),
        ("x" * 64 + ".example", ""),
        (".example", ""),
    ],
)
def test_target_of_a_domain_spec(spec: str, name: str | None) -> None:
    assert target_name(spec, "mail.in.example.com", "example.org") == name


def test_a_name_that_grows_too_long_loses_labels_on_the_left() -> None:
    name = target_name(".".join(["%{d}"] * 20) + ".end.example", "long.label.example", "x.example")
    assert name is not None
    assert len(name) <= 253
    assert name.endswith(".label.example.end.example")


VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)


@given(VISIBLE)
def test_any_domain_spec_gives_a_canonical_name_or_none(spec: str) -> None:
    if domain_spec_fault(spec):
        return
    name = target_name(spec, "example.com", "example.com")
    if name:
        assert wire.canonical(name) == name
        wire.write_name(name)


@given(st.lists(st.sampled_from(["%", "{", "}", "d", "0", "2", "r", ".", "-", "a.b"])))
def test_macro_faults_are_found_without_raising(parts: list[str]) -> None:
    text = "".join(parts)
    assert isinstance(macro_string_fault(text), str)
