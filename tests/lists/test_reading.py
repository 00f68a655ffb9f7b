"""Lists: junk is counted with its reason and an example; only a list of nothing else is refused."""

from __future__ import annotations

import pytest
from dnstats.lists.reading import BadList, canonical_domain, read_list
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("Example.COM", "example.com"),
        ("example.com.", "example.com"),
        (" example.com ", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("_dmarc.example.com", "_dmarc.example.com"),
        ("1and1.com", "1and1.com"),
        ("localhost", None),
        ("192.0.2.1", None),
        ("a..com", None),
        ("a b.com", None),
        ("<b>.com", None),
        ("x" * 64 + ".com", None),
        ("\ud83d\ude00\u200d.com".encode("utf-16", "surrogatepass").decode("utf-16"), None),
        ("", None),
        ("=cmd.example", None),
        ("../../etc/passwd", None),
    ],
)
def test_a_domain_is_canonical_or_no_site(text: str, domain: str | None) -> None:
    assert canonical_domain(text) == domain


def test_every_kind_of_junk_is_counted_with_its_first_example() -> None:
    lines = [
        "rank,domain",
        "1,example.com",
        "2,EXAMPLE.com.",
        "3,not a domain",
        "x,example.org",
        "3,a.example,b",
        "<!doctype html>",
        "",
        "5,five.example",
        "4,four.example",
        "6,six.example",
        "0,zero.example",
        "99999999999,big.example",
    ]
    read = read_list(lines)
    assert read.entries == ((1, "example.com"), (5, "five.example"), (6, "six.example"))
    assert {reason: (junk.rows, junk.example) for reason, junk in read.junk.items()} == {
        "the domain stood in the list before": (1, "2,EXAMPLE.com."),
        "the domain is not a name of a site": (1, "3,not a domain"),
        "the rank is not a whole number": (2, "x,example.org"),
        "not two columns": (1, "3,a.example,b"),
        "HTML instead of CSV": (1, "<!doctype html>"),
        "the rank is out of order": (2, "4,four.example"),
    }


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "no rows"),
        (["<html>", "<body>"], "2 rows: HTML instead of CSV"),
        (["rank,domain"], "no rows"),
        (["example.com", "example.org"], "2 rows: not two columns, for example 'example.com'"),
    ],
)
def test_a_list_of_which_nothing_is_left_is_refused(lines: list[str], why: str) -> None:
    with pytest.raises(BadList, match=why):
        read_list(lines)


def test_a_byte_order_mark_and_quotes_are_no_junk() -> None:
    assert read_list(['\ufeff1,"example.com"\r\n']).entries == ((1, "example.com"),)


@given(st.lists(st.text(max_size=40)))
def test_any_text_ends_as_a_list_or_as_a_reason(lines: list[str]) -> None:
    try:
        read = read_list(["1,example.com", *lines])
    except BadList as fault:
        raise AssertionError("one row was good") from fault
    ranks = [rank for rank, _ in read.entries]
    assert ranks == sorted(set(ranks))
    counted = len(read.entries) + sum(junk.rows for junk in read.junk.values())
    assert counted <= len(lines) + 1
