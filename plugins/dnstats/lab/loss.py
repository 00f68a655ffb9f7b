"""Losing queries on purpose, the same ones each time.

Only decides; the dropping is in `serve`.
"""

from __future__ import annotations

from dnstats.lab.chance import Chance
from dnstats.lab.providers import RESOLVERS


class Loss:
    """Drops a share of UDP queries, by (seed, resolver, question, attempt), so that a retry works.

    A question is dropped 0, 1 or 2 times in a row, then answered, then counted from the start.
    """

    def __init__(self, seed: int, share: float) -> None:
        """`share`: of all first attempts that get lost, 0 to 1."""
        self.seed, self.share = seed, share
        self._dropped: dict[tuple[str, bytes], int] = {}

    def drops(self, address: str, data: bytes) -> bool:
        """Say whether to drop this query, and remember that it was asked."""
        if not self.share or address not in RESOLVERS:
            return False
        question = data[12 : data.find(b"\0", 12) + 3].lower()
        attempt = self._dropped.get((address, question), 0)
        chance = Chance(self.seed, f"{address} {question.hex()}")
        if attempt < 2 and chance.below(f"lost {attempt}", self.share):
            self._dropped[address, question] = attempt + 1
            return True
        self._dropped.pop((address, question), None)
        return False
