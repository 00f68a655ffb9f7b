"""What a person types for a domain, as the name that is asked; or one sentence why it is none."""

from __future__ import annotations

import gzip
import ipaddress
import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from dnstats import wire
from dnstats.lists.fetching import MAX_BYTES, unpack_lines
from dnstats.lists.reading import BadList, canonical_domain
from dnstats.settings import ROOT
from dnstats.visible import visible

BUNDLED = ROOT / "include" / "sites.csv.gz"
SHOWN = 80  # characters of what was typed that are said back


class BadInput(ValueError):
    """The file of domains cannot be read; the message is one sentence."""


class BadDomain(ValueError):
    """The text names no domain that could be checked; the message is one sentence."""


def gather(typed: Sequence[str], file: str | None) -> tuple[list[str], list[str]]:
    """Every domain once, in order, and a sentence for each text that is none.

    `file` has a domain, or rank,domain, on each line, plain, gzip or zip; "-" is standard input.
    `BadInput` when it cannot be read.
    """
    domains: dict[str, None] = {}
    faults = []
    for text in itertools.chain(typed, _lines(file) if file is not None else ()):
        try:
            domains[read_domain(text)] = None
        except BadDomain as fault:
            faults.append(str(fault))
    return list(domains), faults


def bundled(count: int) -> list[str]:
    """The first sites of the list that comes with the project."""
    with gzip.open(BUNDLED, "rt", encoding="utf-8") as lines:
        return list(_entries(itertools.islice(lines, count)))


def _lines(file: str) -> Iterator[str]:
    try:
        if file == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(file).open("rb") as opened:  # a pipe, as <(command) makes one, is welcome
                data = opened.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise BadList(f"it is larger than {MAX_BYTES:,} bytes")
        yield from _entries(unpack_lines(data, "of domains"))
    except (OSError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or str(fault)
        raise BadInput(
            f"the file of domains {visible(file)!r} cannot be read: {visible(why)}"
        ) from None


def _entries(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        text = line.lstrip("\ufeff").partition("#")[0].strip()
        if text and not (number == 0 and text.lower() in ("rank,domain", "domain")):
            yield text.rpartition(",")[2].strip()


def read_domain(text: str) -> str:
    """The canonical name; international names in their xn-- form."""
    typed = text.strip()
    found = canonical_domain(typed)
    if found is not None:
        return found
    raise BadDomain(f"{visible(typed, SHOWN)!r} is no domain name: {_why(typed)}")


def _why(typed: str) -> str:
    if not typed:
        return "it is empty"
    inner = _inner(typed)
    if inner is not None:
        return f"write only {inner}"
    if _is_address(typed):
        return "it is an IP address; name the domain that stands there"
    name = typed.removesuffix(".")
    if name and "." not in name:
        return "it has no dot; write the whole name, such as example.com"
    if not name.isascii():
        return "it is not a valid international name (IDNA)"
    try:
        wire.canonical(name)
    except wire.BadName as fault:
        return str(fault)
    return "a name has letters, digits, hyphens and dots, and does not end in a number"


def _inner(typed: str) -> str | None:
    """The domain inside a URL or a mail address."""
    host: str | None = None
    if "://" in typed:
        try:
            host = urlsplit(typed).hostname
        except ValueError:
            return None
    elif "@" in typed:
        host = typed.rpartition("@")[2]
    elif "/" in typed or ":" in typed:
        host = typed.partition("/")[0].partition(":")[0]
    return canonical_domain(host) if host else None


def _is_address(typed: str) -> bool:
    try:
        ipaddress.ip_address(typed.strip("[]"))
    except ValueError:
        return False
    return True
