"""Organisational domains by the Public Suffix List in include/ (RFC 7489 section 3.2).

RFC 9989 finds the organisational domain by asking the DNS; the list is for the older verdict, for
report destinations and for telling whether a host is the site's own. Both sections of the list
count, ICANN and private, as the list's own test vectors have it.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import NamedTuple

from dnstats.wire import parents

LIST = Path(__file__).resolve().parents[3] / "include" / "public_suffix_list.dat"


class Rules(NamedTuple):
    """The rules of a list; wildcards and exceptions without their sign, all names canonical."""

    plain: frozenset[str]
    wildcards: frozenset[str]
    exceptions: frozenset[str]


def read_rules(text: str) -> Rules:
    """A list in the form of https://publicsuffix.org/list/ (UTF-8 names, `*.`, `!`, `//`)."""
    plain, wildcards, exceptions = set(), set(), set()
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("//"):
            continue
        rule = words[0].lower()
        if rule.startswith("*."):
            wildcards.add(_ascii(rule[2:]))
        elif rule.startswith("!"):
            exceptions.add(_ascii(rule[1:]))
        else:
            plain.add(_ascii(rule))
    return Rules(frozenset(plain), frozenset(wildcards), frozenset(exceptions))


def _ascii(name: str) -> str:
    return name if name.isascii() else name.encode("idna").decode("ascii")


@functools.cache
def _rules() -> Rules:
    return read_rules(LIST.read_text(encoding="utf-8"))


@functools.lru_cache(maxsize=65536)
def organisational_domain(name: str) -> str:
    """One label below the public suffix of a canonical name; a public suffix is its own."""
    rules = _rules()
    _, dot, top = name.partition(".")
    if dot and "." not in top and top not in rules.wildcards and name not in rules.plain:
        return name  # whether or not the top-level domain is on the list
    chain = [name, *parents(name)]
    for i, candidate in enumerate(chain):
        parent = chain[i + 1] if i + 1 < len(chain) else ""
        if candidate in rules.exceptions:
            return candidate
        if candidate in rules.plain or parent in rules.wildcards:
            return chain[max(i - 1, 0)]
    return chain[-2] if len(chain) > 1 else name  # an unlisted top-level domain: the rule is "*"


def is_public_suffix(name: str) -> bool:
    """Whether anybody can register below this canonical name."""
    rules = _rules()
    if name in rules.exceptions:
        return False
    above = parents(name)
    return name in rules.plain or not above or above[0] in rules.wildcards


def is_within(name: str, domain: str) -> bool:
    """Whether a canonical name is the domain or stands below it, on label boundaries."""
    return name == domain or name.endswith("." + domain) or domain == "."
