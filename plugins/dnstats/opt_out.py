"""The list of domains that are never asked: include/opt_out.txt, or the operator's own."""

from __future__ import annotations

from pathlib import Path

from dnstats import wire
from dnstats.settings import BadSetting


def read_opt_out(path: Path) -> frozenset[str]:
    """Names that are never asked: one a line, `#` begins a comment. A missing file is a fault."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise BadSetting(
            f"the opt-out list {path} cannot be read ({fault}); scanning without it would ask "
            "those who said no"
        ) from None
    names = set()
    for line in lines:
        text = line.partition("#")[0].strip()
        if text:
            try:
                names.add(wire.canonical(text))
            except wire.BadName as fault:
                raise BadSetting(
                    f"the opt-out list {path} has the line {line!r}: {fault}"
                ) from None
    return frozenset(names)


def is_opted_out(domain: str, names: frozenset[str]) -> bool:
    """Whether a canonical domain, or one that it stands below, is among `names`."""
    while domain:
        if domain in names:
            return True
        domain = domain.partition(".")[2]
    return False
