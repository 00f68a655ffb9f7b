"""Reads a Tranco-form CSV (`rank,domain`), and says of every row it leaves out why.

Junk is counted and shown by example, never silently dropped, and never fatal unless nothing is
left. Nothing here touches the database.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

import idna
import msgspec

from dnstats import wire
from dnstats.opt_out import is_opted_out

MAX_LINE = 1000  # characters; a domain has at most 253


class BadList(ValueError):
    """The list cannot be used at all; the message is one sentence for the operator."""


class Junk(msgspec.Struct):
    """Rows left out for one reason."""

    rows: int = 0
    example: str = ""  # the first such row, cut to 80 characters


class ReadList(msgspec.Struct, frozen=True):
    """What a list file came to."""

    entries: tuple[tuple[int, str], ...]  # (rank, canonical domain), ranks rising
    junk: dict[str, Junk]  # by reason, in words


def canonical_domain(text: str) -> str | None:
    """A site's canonical name; None for what cannot be a site (an address, no dot, bad IDNA)."""
    name = text.strip().removesuffix(".")
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    try:
        labels = wire.split_name(name)
        canonical = wire.canonical(name)
    except wire.BadName:
        return None
    if len(labels) < 2 or labels[-1].isdigit():
        return None
    # Letters, digits, hyphen, underscore: what stands in real lists; anything else is debris.
    if not all(label.replace(b"-", b"").replace(b"_", b"").isalnum() for label in labels):
        return None
    return canonical


def read_list(lines: Iterable[str], opted_out: frozenset[str] = frozenset()) -> ReadList:
    """Read the lines of a list, without who opted out; `BadList` when no usable row is left."""
    entries: list[tuple[int, str]] = []
    junk: dict[str, Junk] = {}
    seen: set[str] = set()
    last_rank = 0
    for number, row in enumerate(_rows(lines), start=1):
        if not row or row == [""]:
            continue
        reason, rank, domain = _check(row, last_rank, seen)
        if not reason and opted_out and is_opted_out(domain, opted_out):
            reason, last_rank = "its owner opted out", rank
        if reason:
            if not (number == 1 and _is_header(row)):
                count = junk.setdefault(reason, Junk())
                count.rows += 1
                count.example = count.example or ",".join(row)[:80]
            continue
        entries.append((rank, domain))
        seen.add(domain)
        last_rank = rank
    if not entries:
        found = "; ".join(f"{count.rows} rows: {why}" for why, count in junk.items()) or "no rows"
        example = next((count.example for count in junk.values()), "")
        shown = (
            f", for example {wire.show(example.encode('utf-8', 'replace'))!r}" if example else ""
        )
        raise BadList(f"no usable row of the form rank,domain is left ({found}{shown})")
    return ReadList(tuple(entries), junk)


def _rows(lines: Iterable[str]) -> Iterator[list[str]]:
    for line in lines:
        text = line.lstrip("\ufeff").rstrip("\r\n").replace("\0", "\\000")
        if len(text) > MAX_LINE:
            yield [text[:MAX_LINE]]
        else:
            try:
                yield next(csv.reader([text]), [])
            except csv.Error:
                yield [text]


def _is_header(row: list[str]) -> bool:
    return bool(row) and "rank" in row[0].lower()


def _check(row: list[str], last_rank: int, seen: set[str]) -> tuple[str, int, str]:
    """Why a row is left out (empty: it is not), its rank and its domain."""
    if len(row) != 2:
        looks_html = row[0].lstrip()[:1] == "<"
        return ("HTML instead of CSV" if looks_html else "not two columns"), 0, ""
    rank_text = row[0].strip()
    if not (rank_text.isascii() and rank_text.isdigit()) or len(rank_text) > 9:
        return "the rank is not a whole number", 0, ""
    rank = int(rank_text)
    domain = canonical_domain(row[1])
    if domain is None:
        return "the domain is not a name of a site", 0, ""
    if rank <= last_rank:
        return "the rank is out of order", 0, ""
    if domain in seen:
        return "the domain stood in the list before", 0, ""
    return "", rank, domain
