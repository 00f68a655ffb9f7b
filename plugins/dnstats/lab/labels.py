"""Domain names of the lab: organisations, suffixes, wire form.

The suffix rule is the lab's own and a few lines long; it is not the Public Suffix List and is not
meant to agree with it everywhere.
"""

from __future__ import annotations

import re
from functools import lru_cache

SECOND_LEVEL = frozenset(
    ("ac", "co", "com", "edu", "gob", "gov", "go", "gouv", "govt", "gub", "ltd", "mil", "ne",
     "net", "or", "org")
)  # fmt: skip
NO_SUCH_TLD = frozenset(
    ("corp", "home", "internal", "invalid", "lan", "local", "localdomain", "localhost", "onion")
)
TLD = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")


def suffix_exists(suffix: str) -> bool:
    """Say whether the lab's registry has this suffix; the root and every plausible TLD exist."""
    top = suffix.rpartition(".")[2]
    return not suffix or (top not in NO_SUCH_TLD and TLD.fullmatch(top) is not None)


@lru_cache(maxsize=65536)
def split(name: str) -> tuple[str, str]:
    """Return (organisation, suffix) of a lowercase name; organisation is "" for a suffix."""
    parts = name.split(".")
    size = 2 if len(parts) >= 2 and len(parts[-1]) == 2 and parts[-2] in SECOND_LEVEL else 1
    suffix = ".".join(parts[-size:])
    return (".".join(parts[-size - 1 :]) if len(parts) > size else "", suffix)


def parents(name: str, top: str) -> list[str]:
    """Return the names strictly above `name` up to and including `top`, nearest first."""
    found = []
    while name != top and "." in name:
        name = name.partition(".")[2]
        found.append(name)
    return found


@lru_cache(maxsize=65536)
def wire(name: str) -> bytes:
    """Return the uncompressed wire form of a name in text (no escapes; "" is the root)."""
    if not name:
        return b"\0"
    out = b""
    for label in name.split("."):
        raw = label.encode("latin-1")
        if not 0 < len(raw) < 64:
            raise ValueError(f"not a domain name: {name!r}")
        out += bytes((len(raw),)) + raw
    if len(out) > 254:
        raise ValueError(f"a domain name of more than 255 octets: {name!r}")
    return out + b"\0"


def fits(name: str) -> bool:
    """Say whether `name` can be a domain name in wire form."""
    try:
        wire(name)
    except ValueError:
        return False
    return True
