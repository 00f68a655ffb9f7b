"""The list of those who are never asked: include/opt_out.txt, or the operator's own."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

from dnstats import wire
from dnstats.settings import BadSetting

_DOMAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*").fullmatch


def read_opt_out(path: Path) -> frozenset[str]:
    """Domains, addresses and networks, one a line; `#` begins a comment. A missing file is a fault.

    A line that is none of these is a fault too: it would be taken for a no that we heard.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise BadSetting(
            f"the opt-out list {path} cannot be read ({fault}); scanning without it would ask "
            "those who said no"
        ) from None
    found = set()
    for line in lines:
        text = line.partition("#")[0].strip()
        if text:
            try:
                found.add(_read_entry(text))
            except ValueError as fault:
                raise BadSetting(
                    f"the opt-out list {path} has the line {line!r}: {fault}"
                ) from None
    return frozenset(found)


def _read_entry(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        name = wire.canonical(text)
    if not _DOMAIN(name):
        raise ValueError(
            "write a domain such as example.com (names below it are left out too), an address or "
            "a network such as 192.0.2.0/24"
        )
    return name


def is_opted_out(domain: str, names: frozenset[str]) -> bool:
    """Whether a canonical domain, or one that it stands below, is among `names`."""
    while domain:
        if domain in names:
            return True
        domain = domain.partition(".")[2]
    return False
