"""Seeded choices: every decision is a hash of (seed, subject, label).

A decision never depends on the order of others or on which other subjects exist, so adding one
leaves the rest of the world as it was. Not for secrets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """The choices of one subject (a domain, a host, a question) under one seed."""

    __slots__ = ("_prefix",)

    def __init__(self, seed: int, subject: str) -> None:
        self._prefix = f"{seed}\0{subject}\0".encode("utf-8", "surrogateescape")

    def number(self, label: str) -> int:
        """Return 64 unbiased bits for `label`."""
        digest = blake2b(self._prefix + label.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big")

    def share(self, label: str) -> float:
        """Return a number in [0, 1)."""
        return (self.number(label) >> 11) / (1 << 53)

    def below(self, label: str, share: float) -> bool:
        """Say yes for `share` of all subjects."""
        return self.share(label) < share

    def pick(self, label: str, options: Sequence[T]) -> T:
        """Choose one of `options`, each as likely."""
        return options[self.number(label) % len(options)]

    def several(self, label: str, options: Sequence[T], count: int) -> list[T]:
        """Choose `count` distinct options, in the options' order."""
        order = sorted(range(len(options)), key=lambda index: self.number(f"{label}/{index}"))
        return [options[index] for index in sorted(order[:count])]

    def weighted(self, label: str, weights: Mapping[T, float]) -> T:
        """Choose a key of `weights`, each as likely as its weight says."""
        left = self.share(label) * sum(weights.values())
        for option, weight in weights.items():
            left -= weight
            if left < 0:
                return option
        return next(reversed(list(weights)))

    def word(self, label: str, length: int) -> str:
        """Return a lowercase word of letters and digits, at most 12 long."""
        alphabet = "abcdefghijklmnopqrstuvwxyz234567"
        bits = self.number(label)
        return "".join(alphabet[(bits >> (5 * index)) & 31] for index in range(min(length, 12)))
