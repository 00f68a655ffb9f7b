"""IPv4 addresses as ranges of numbers, to say how many addresses a policy lets pass. No judging."""

from __future__ import annotations

import functools
from collections.abc import Iterable

Range = tuple[int, int]
"""First and last address, both inclusive."""


@functools.lru_cache(maxsize=32768)
def network_range(address: str, prefix: int | None) -> Range:
    """The addresses of `address/prefix`, host bits ignored (RFC 7208 section 5.6)."""
    a, b, c, d = address.split(".")
    number = int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)
    size = 1 << (32 - (32 if prefix is None else prefix))
    first = number & ~(size - 1)
    return first, first + size - 1


def count_addresses(ranges: Iterable[Range]) -> int:
    """How many addresses the ranges hold together, each counted once."""
    total, end = 0, -1
    for first, last in sorted(ranges):
        if last > end:
            total += last - max(first, end + 1) + 1
            end = last
    return total
