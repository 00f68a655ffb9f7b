"""Organisational domains: the list's own test vectors (public domain), and rules in odd forms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dnstats.records.public_suffix import (
    is_public_suffix,
    is_within,
    organisational_domain,
    read_rules,
)

VECTORS = Path(__file__).parents[1] / "data" / "public_suffix_vectors.txt"


def _vectors() -> list[tuple[str, str | None]]:
    found = []
    for line in VECTORS.read_text(encoding="utf-8").splitlines():
        match = re.match(r"checkPublicSuffix\('([^']*)', (?:'([^']*)'|null)\);", line)
        if match and not match[1].startswith("."):
            found.append((match[1], match[2]))
    return found


def test_there_are_vectors() -> None:
    assert len(_vectors()) > 60


@pytest.mark.parametrize(("name", "registrable"), _vectors())
def test_vectors_of_the_list(name: str, registrable: str | None) -> None:
    # Names are canonical everywhere in DNStats: lower case, xn-- forms.
    domain = name.encode("idna").decode().lower()
    if registrable is None:
        assert is_public_suffix(domain)
        assert organisational_domain(domain) == domain
    else:
        assert organisational_domain(domain) == registrable.encode("idna").decode()
        assert not is_public_suffix(registrable.encode("idna").decode())


def test_rules_in_every_form() -> None:
    rules = read_rules("// comment\n\nUk\n*.ck // tail\n!www.ck\n食狮.com.cn\n")
    assert rules.plain == {"uk", "xn--85x722f.com.cn"}
    assert (rules.wildcards, rules.exceptions) == ({"ck"}, {"www.ck"})


def test_escaped_dots_are_no_label_boundary() -> None:
    assert organisational_domain(r"a\.b.example.com") == "example.com"
    assert organisational_domain(r"x.exa\.mple.com") == r"exa\.mple.com"


@pytest.mark.parametrize(
    ("name", "domain", "within"),
    [
        ("example.com", "example.com", True),
        ("a.example.com", "example.com", True),
        ("notexample.com", "example.com", False),
        ("com", "example.com", False),
    ],
)
def test_within_is_on_label_boundaries(name: str, domain: str, within: bool) -> None:
    assert is_within(name, domain) is within
