"""The names of the million: as many times the base's as there are chunks, told apart by a number.

A name of the base holds `x00` behind four digits; chunk 47 has `x47` there. The length is the same,
so that the names in recorded DNS messages can be replaced where they stand.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

_SYLLABLES = [first + second for first in "bcdfghklmnprstvz" for second in "aeiou"]
_RARER = "de ru co.uk fr nl it com.br pl jp io in es com.au ch se cz edu gov info"
_TLDS = ("com",) * 46 + ("org",) * 6 + ("net",) * 5 + tuple(_RARER.split())
_MARK = re.compile(r"(?<=\d{4})x00")
_MARK_IN_BYTES = re.compile(rb"(?<=\d{4})x00")


def base_names(count: int) -> list[str]:
    """Invented names of many lengths and top-level domains; the same for the same count."""
    choose = random.Random("million")
    return [
        f"{''.join(choose.choices(_SYLLABLES, k=choose.randint(1, 5)))}{number:04d}x00."
        f"{choose.choice(_TLDS)}"
        for number in range(count)
    ]


def renamed(text: str, chunk: int) -> str:
    """Names of the base as names of a chunk."""
    return _MARK.sub(f"x{chunk:02d}", text)


def renamed_bytes(message: bytes, chunk: int) -> bytes:
    """The same in a DNS message."""
    return _MARK_IN_BYTES.sub(b"x%02d" % chunk, message)


def first_day(base: list[str], chunks: int) -> Iterator[str]:
    """The list's names by rank: chunk after chunk."""
    return (renamed(name, chunk) for chunk in range(chunks) for name in base)


def second_day(base: list[str], chunks: int) -> Iterator[str]:
    """The same, each rank changed with a neighbour's, and one name in seventy is a new one."""
    for chunk in range(chunks):
        names = [renamed(name, chunk) for name in base]
        for start in range(0, len(names), 50):
            group = names[start : start + 50]
            names[start : start + 50] = group[7:] + group[:7]
        yield from (f"new-{name}" if at % 70 == 3 else name for at, name in enumerate(names))
