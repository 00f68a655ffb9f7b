"""How often one address may be asked, and how often it was. `now` is an argument everywhere."""

from __future__ import annotations


class Pace:
    """A token bucket as one number: the time at which it would be full again.

    `rate` in queries a second (0 = no limit); at most `burst` go out at once.
    """

    __slots__ = ("_full_at", "_gap", "burst", "rate", "stretch")

    def __init__(self, rate: float, burst: int) -> None:
        self.rate = rate
        self.burst = burst
        self.stretch = 1.0  # a server that refuses is asked this many times slower
        self._gap = 1.0 / rate if rate else 0.0
        self._full_at = 0.0

    def take(self, wanted: int, now: float) -> int:
        """How many of the wanted queries may go out now; they count as sent."""
        if not self.rate:
            return wanted
        gap = self._gap * self.stretch
        used = max(0.0, self._full_at - now)
        granted = min(wanted, int(self.burst - used / gap + 1e-9))
        if granted <= 0:
            return 0
        self._full_at = max(self._full_at, now) + granted * gap
        return granted

    def next_at(self, now: float) -> float:
        """When one more query may go out."""
        if not self.rate:
            return now
        return max(now, self._full_at - (self.burst - 1) * self._gap * self.stretch)


class Peak:
    """The highest number of queries that went out within any one clock second."""

    __slots__ = ("_count", "_second", "highest")

    def __init__(self) -> None:
        self._second = -1
        self._count = 0
        self.highest = 0

    def count(self, sent: int, now: float) -> None:
        second = int(now)
        if second != self._second:
            self._second = second
            self._count = 0
        self._count += sent
        if self._count > self.highest:
            self.highest = self._count
