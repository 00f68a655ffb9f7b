"""Addresses that reports are sent to: the URI lists of DMARC's rua and ruf, and of TLS-RPT.

RFC 9989 section 4.6: URIs with commas between; commas and exclamation marks inside are encoded, so
what follows a "!" is the size limit that RFC 9989 dropped.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple

from dnstats.wire import BadName, canonical, parents

MAX_URIS = 20  # kept of one list

# RFC 3986: every "%" begins an encoded octet; square brackets stand around an IPv6 address only.
_PATH = r"(?:[a-z0-9._~:/?@$&'()*+;=-]|%[0-9a-f]{2})*"
_URI = re.compile(
    rf"[a-z][a-z0-9+.-]*:(?=.)(?://\[[0-9a-f:.]+\])?{_PATH}(?:#{_PATH})?", re.ASCII | re.IGNORECASE
)
_SIZE = re.compile(r"\d+[kmgt]?", re.ASCII | re.IGNORECASE)


class ReportUri(NamedTuple):
    """One address of a list."""

    uri: str  # without the size
    host: str  # the domain of a mailto:, canonical; "" for every other URI
    is_valid: bool
    size: str  # "10m" of "!10m"; "" without one


@functools.lru_cache(maxsize=8192)
def report_uris(value: str) -> tuple[ReportUri, ...]:
    """The addresses of a rua or ruf value; empty pieces are left out."""
    pieces = (piece.strip(" ") for piece in value.split(","))
    return tuple(_report_uri(piece) for piece in pieces if piece)[:MAX_URIS]


def _report_uri(piece: str) -> ReportUri:
    uri, mark, size = piece.partition("!")
    is_valid = _is_uri(uri) and (not mark or _SIZE.fullmatch(size) is not None)
    scheme, _, address = uri.partition(":")
    if scheme.lower() != "mailto":
        return ReportUri(uri, "", is_valid, size)
    local, at, domain = address.partition("?")[0].rpartition("@")
    host = _host(domain) if at and local and "@" not in local else ""
    return ReportUri(uri, host, is_valid and bool(host), size)


def has_empty_piece(value: str) -> bool:
    """Whether there is nothing between two commas of a list, or at an end of it."""
    return "," in value and not all(piece.strip(" ") for piece in value.split(","))


def _is_uri(text: str) -> bool:
    return _URI.fullmatch(text) is not None


def _host(domain: str) -> str:
    """The domain of a mailbox, canonical; "" when no mail can go there."""
    try:
        host = canonical(domain)
    except BadName:
        return ""
    return host if parents(host) and re.fullmatch(r"[a-z0-9._-]+", host) else ""
