"""The grammar of RFC 7208, by tables and by every labelled string that was published for real."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from dnstats.records.spf_record import MAX_TEXT, is_spf, leading_terms, parse
from dnstats.records.spf_term import LEADING_TERMS, FaultKind, Qualifier, Term
from hypothesis import example, given
from hypothesis import strategies as st

LABELLED = Path(__file__).parent.parent / "data" / "spf_labelled.jsonl.gz"


def ruling_on(text: bytes) -> str:
    if not is_spf(text):
        return "none"
    return "permerror" if parse(text).faults else "valid"


def test_every_labelled_string_is_ruled_as_its_label_says() -> None:
    rows = [json.loads(line) for line in gzip.decompress(LABELLED.read_bytes()).splitlines()]
    wrong = [row for row in rows if ruling_on(row["record"].encode()) != row["ruling"]]
    assert wrong == []
    assert len(rows) == 5854
    assert sum(row["ruling"] == "permerror" for row in rows) == 54


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        (b"v=spf1", True),
        (b"v=spf1 ", True),
        (b"V=SPF1 -all", True),
        (b"v=spf10 -all", False),
        (b"v=spf1; -all", False),
        (b"v=spf1\t-all", False),
        (b" v=spf1 -all", False),
        (b'"v=spf1 -all"', False),
        (b"v=spf2.0/pra -all", False),
        (b"spf1 -all", False),
        (b"", False),
    ],
)
def test_a_record_is_selected_by_its_version_and_a_space_or_the_end(
    text: bytes, selected: bool
) -> None:
    assert is_spf(text) is selected


@pytest.mark.parametrize(
    "term",
    [
        "all", "+all", "-ALL", "a", "A", "?a", "a/0", "a/32", "a//0", "a//128", "a/24//64",
        "a:example.com", "a:example.com.", "a:example.com/24", "a:example.com//64",
        "a:example.com/24//64", "a:foo:bar/baz.example.com", "a:_x.example", "a:x.xn--zckzah",
        "a:x.1-2", "a:%{d}", "a:%{d2r.-}.example", "a:%%{d}.example", "a:%_%-.example",
        "a:mail.example...com", "mx", "mx:example.com/24", "ptr", "ptr:example.com",
        "include:example.com", "-include:%{i}._spf.example", "exists:%{ir}.%{v}._spf.%{d2}",
        "ip4:0.0.0.0", "ip4:255.255.255.255/32", "ip4:192.0.2.1/0", "ip6:::", "ip6:::1/128",
        "ip6:2001:DB8::/32", "ip6:::1.1.1.1", "ip6:::ffff:192.0.2.1", "redirect=example.com",
        "exp=explain._spf.%{d}", "moo.cow-far_out=man:dog/cat", "x=", "ip4=192.0.2.1",
        "unknown=%{s}", "a:%{d0000000000000000000002}", "a:" + "a" * 80 + ".example",
    ],
)  # fmt: skip
def test_what_the_grammar_allows_has_no_fault(term: str) -> None:
    record = parse(f"v=spf1 {term}")
    assert record.faults == ()
    assert len(record.terms) == 1


@pytest.mark.parametrize(
    ("term", "kind"),
    [
        ("all:example.com", FaultKind.VALUE_UNEXPECTED),
        ("-all/8", FaultKind.VALUE_UNEXPECTED),
        ("-all.", FaultKind.UNKNOWN_MECHANISM),
        ("-all;", FaultKind.UNKNOWN_MECHANISM),
        ("--all", FaultKind.UNKNOWN_MECHANISM),
        ("-", FaultKind.UNKNOWN_MECHANISM),
        ("ipv4:192.0.2.1", FaultKind.UNKNOWN_MECHANISM),
        ("192.0.2.1", FaultKind.UNKNOWN_MECHANISM),
        ("example.com", FaultKind.UNKNOWN_MECHANISM),
        ("redirect:example.com", FaultKind.UNKNOWN_MECHANISM),
        ("+redirect=example.com", FaultKind.UNKNOWN_MECHANISM),
        ("=all", FaultKind.UNKNOWN_MECHANISM),
        ("1up=foo", FaultKind.UNKNOWN_MECHANISM),
        ("moo.cow/far_out=man", FaultKind.UNKNOWN_MECHANISM),
        ("v=spf1:x", None),
        ("ip4:192.0.2", FaultKind.IP4),
        ("ip4:192.0.2.1.", FaultKind.IP4),
        ("ip4:192.0.2.256", FaultKind.IP4),
        ("ip4:192.0.02.1", FaultKind.IP4),
        ("ip4:192.0.2.1:25", FaultKind.IP4),
        ("ip4:example.com", FaultKind.IP4),
        ("ip4:2001:db8::1", FaultKind.IP4),
        ("ip4:/24", FaultKind.IP4),
        ("ip6:192.0.2.1", FaultKind.IP6),
        ("ip6:fe80::1%eth0", FaultKind.IP6),
        ("ip6::CAFE::BABE", FaultKind.IP6),
        ("ip4:192.0.2.1/33", FaultKind.PREFIX),
        ("ip4:192.0.2.1/032", FaultKind.PREFIX),
        ("ip4:192.0.2.1/", FaultKind.PREFIX),
        ("ip4:192.0.2.1//32", FaultKind.PREFIX),
        ("ip4:192.0.2.1/29/29", FaultKind.PREFIX),
        ("ip6:::1/129", FaultKind.PREFIX),
        ("ip6:::1//33", FaultKind.PREFIX),
        ("a/33", FaultKind.PREFIX),
        ("a//129", FaultKind.PREFIX),
        ("a/24/64", FaultKind.PREFIX),
        ("a/", FaultKind.PREFIX),
        ("ptr/0", FaultKind.PREFIX),
        ("ip4", FaultKind.VALUE_MISSING),
        ("ip6:", FaultKind.VALUE_MISSING),
        ("a:", FaultKind.VALUE_MISSING),
        ("a:/24", FaultKind.VALUE_MISSING),
        ("include", FaultKind.VALUE_MISSING),
        ("include:", FaultKind.VALUE_MISSING),
        ("exists", FaultKind.VALUE_MISSING),
        ("redirect=", FaultKind.VALUE_MISSING),
        ("exp=", FaultKind.VALUE_MISSING),
        ("a:museum", FaultKind.DOMAIN),
        ("a:museum.", FaultKind.DOMAIN),
        ("a:192.0.2.1", FaultKind.DOMAIN),
        ("a:abc.123", FaultKind.DOMAIN),
        ("a:example.-com", FaultKind.DOMAIN),
        ("a:example.com-", FaultKind.DOMAIN),
        ("a:example.com:8080", FaultKind.DOMAIN),
        ("a:example.com,", FaultKind.DOMAIN),
        ("include:example.com/24", FaultKind.DOMAIN),
        ("exp=-all", FaultKind.DOMAIN),
        ("redirect=a.example~all", FaultKind.DOMAIN),
        ("a:%{d}.", FaultKind.DOMAIN),
        ("a:%{x}.example", FaultKind.MACRO),
        ("a:%{c}.example", FaultKind.MACRO),
        ("exp=%{r}.example.com", FaultKind.MACRO),
        ("a:%{d0}.example", FaultKind.MACRO),
        ("a:%{d", FaultKind.MACRO),
        ("a:100%.example", FaultKind.MACRO),
        ("x=%abc", FaultKind.MACRO),
        ("a:b\u00fccher.example", FaultKind.CHARACTER),
        ("\u2013all", FaultKind.CHARACTER),
        ("-all\r\n", FaultKind.CHARACTER),
        ("a:example.com\0", FaultKind.CHARACTER),
    ],
)
def test_what_the_grammar_forbids_is_a_fault_of_its_kind(term: str, kind: FaultKind | None) -> None:
    faults = parse(f"v=spf1 ip4:192.0.2.1 {term} ~all").faults
    if kind is None:  # an unknown modifier, however it looks
        assert faults == ()
    else:
        assert [fault.kind for fault in faults] == [kind]
        assert faults[0].why


def test_a_modifier_may_stand_once() -> None:
    record = parse("v=spf1 exp=a.example redirect=b.example exp=c.example REDIRECT=d.example")
    assert [fault.kind for fault in record.faults] == [FaultKind.REPEATED] * 2
    assert record.redirect is not None
    assert record.redirect.value == "b.example"


def test_only_what_stands_before_all_is_evaluated() -> None:
    record = parse("v=spf1 a -mx ~all ip4:192.0.2.1 all redirect=x.example")
    assert [term.name for term in record.evaluated] == ["a", "mx"]
    assert record.all is Qualifier.SOFTFAIL
    assert record.redirect is None


@pytest.mark.parametrize(
    ("text", "is_mailless"),
    [
        ("v=spf1 -all", True),
        ("V=SPF1  -ALL ", True),
        ("v=spf1 ~all", False),
        ("v=spf1 mx -all", False),
        ("v=spf1 -all -all", False),
        ("v=spf1 -all moo", False),
        ("v=spf1", False),
    ],
)
def test_mailless_is_minus_all_and_nothing_else(text: str, is_mailless: bool) -> None:
    assert parse(text).is_mailless is is_mailless


@pytest.mark.parametrize(
    "term",
    ["a", "-mx", "?a:x.example/24//64", "~ip6:::1/128", "redirect=x.example", "a//64", "-all"],
)
def test_a_term_shows_as_it_was_published(term: str) -> None:
    assert parse(f"v=spf1 {term}").terms[0].show() == term


def test_a_huge_record_is_read_to_its_end_and_shown_cut() -> None:
    record = parse(b"v=spf1 " + b"a:" + b"x" * 60_000 + b" " + b"/" * 5_000 + b" -all")
    assert record.all is Qualifier.FAIL
    assert len(record.text) == MAX_TEXT
    assert record.size > 65_000


def leading_of_all(text: bytes) -> tuple[Term, ...]:
    """What leads on, found by reading all of the record."""
    record = parse(text)
    redirect = record.redirect
    terms = (*record.evaluated, *((redirect,) if redirect else ()))
    return tuple(term for term in terms if term.name in LEADING_TERMS)


def test_the_short_reading_finds_what_leads_on_in_every_published_record() -> None:
    with gzip.open(LABELLED, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["record"].encode() for line in lines]
    assert sum(bool(leading_terms(text)) for text in texts) > 1000
    assert [text for text in texts if leading_terms(text) != leading_of_all(text)] == []


TERMS = st.sampled_from(
    ["all", "a", "mx", "ip4:", "ip6:", "include:", "ptr", "exists:", "redirect=", "exp=", "%{d}",
     "%{", "/24", "//64", "192.0.2.1", "2001:db8::", "x.example", " ", " -", " +", "~", "?", ".",
     "\t", "\0", "\xff", "=", "%%", "v=spf1"]
)  # fmt: skip


@given(
    st.one_of(st.binary(max_size=300), st.lists(TERMS).map(lambda parts: "".join(parts).encode()))
)
@example(b"\xff")
def test_any_bytes_read_to_a_printable_record(text: bytes) -> None:
    record = parse(b"v=spf1 " + text)
    shown = [record.text, *(term.show() for term in record.terms)]
    shown += [fault.term + fault.why for fault in record.faults]
    assert all(one.isprintable() for one in shown)
    assert len(record.faults) == sum(term.is_faulty for term in record.terms)
    assert leading_terms(b"v=spf1 " + text) == leading_of_all(b"v=spf1 " + text)


@pytest.mark.parametrize(
    ("term", "hint"),
    [
        ("ip4:2001:db8::1", "ip6:"),
        ("ip6:192.0.2.1", "ip4:"),
        ("ip4:ip4:192.0.2.1", "twice"),
        ("ip4:192.0.2.1,192.0.2.2", "space"),
        ("ip4:mail.example.com", "a:"),
        ("ipv4:192.0.2.1", "ip4:"),
        ("~allgoogle-site-verification=x", "all"),
        ("a:192.0.2.1", "ip4:"),
        ("redirect:x.example", "="),
        ("mail.example.com", "a:"),
    ],
)
def test_the_likely_slip_is_named(term: str, hint: str) -> None:
    (fault,) = parse(f"v=spf1 {term} -all").faults
    assert hint in fault.why


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (b"v=spf1 exp=a.example redirect=b.example", []),
        (b"v=spf1 exp=a.example exp=b.example -all", [FaultKind.REPEATED]),
        (b"v=spf1 mine=a mine=b yours=a -all", []),  # section 6: only those two stand once
        (b"v=spf1 include:a.example include:a.example a a -all", []),
    ],
)
def test_redirect_and_exp_stand_once_and_nothing_else_must(
    text: bytes, kinds: list[FaultKind]
) -> None:
    assert [fault.kind for fault in parse(text).faults] == kinds
