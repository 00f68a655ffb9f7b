"""The real records in `records/`, read once.

Only reading and filling in `{site}`; which site gets which record is decided elsewhere.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "records"
TARGET = re.compile(r"(?i)\b(?:include:|redirect=)([a-z0-9._-]+\.[a-z]{2,})(?=\s|$)")


class MailRow(msgspec.Struct, frozen=True):
    """MX hosts and SPF string that one real domain had; `{site}` stands for its name."""

    mx: tuple[str, ...]
    spf: str | None


class SpfRow(msgspec.Struct, frozen=True):
    """One SPF string and the ruling on its syntax: valid or permerror."""

    spf: str
    ruling: str


class DmarcRow(msgspec.Struct, frozen=True):
    """One DMARC string and how often it was seen."""

    dmarc: str
    seen: int


class CaaRow(msgspec.Struct, frozen=True):
    """One CAA set (flags, tag, value) and how often it was seen."""

    caa: tuple[tuple[int, str, str], ...]
    seen: int


def _lines(name: str) -> list[bytes]:
    return (FOLDER / name).read_bytes().splitlines()


@cache
def mail_rows() -> tuple[MailRow, ...]:
    """Return the real MX sets."""
    return tuple(msgspec.json.decode(line, type=MailRow) for line in _lines("mail.jsonl"))


@cache
def spf_rows(ruling: str) -> tuple[str, ...]:
    """Return the real SPF strings with this ruling."""
    rows = [msgspec.json.decode(line, type=SpfRow) for line in _lines("spf.jsonl")]
    return tuple(row.spf for row in rows if row.ruling == ruling)


@cache
def dmarc_rows() -> tuple[str, ...]:
    """Return the real DMARC strings."""
    return tuple(msgspec.json.decode(line, type=DmarcRow).dmarc for line in _lines("dmarc.jsonl"))


@cache
def caa_rows() -> tuple[tuple[tuple[int, str, str], ...], ...]:
    """Return the real CAA sets."""
    return tuple(msgspec.json.decode(line, type=CaaRow).caa for line in _lines("caa.jsonl"))


def spf_targets(spf: str) -> list[str]:
    """Return the plain include and redirect targets of an SPF string, lowercase."""
    return [match.lower() for match in TARGET.findall(spf)]


@cache
def known_spf_hosts() -> frozenset[str]:
    """Return every include and redirect target outside the site in the bundled records."""
    texts = [row.spf for row in mail_rows() if row.spf]
    texts += [*spf_rows("valid"), *spf_rows("permerror")]
    return frozenset(name for text in texts for name in spf_targets(text))


@cache
def known_mail_hosts() -> frozenset[str]:
    """Return every MX host outside the site in the bundled records."""
    return frozenset(host for row in mail_rows() for host in row.mx if "{" not in host)
