"""How often one address may be asked, and how often it was. `now` is an argument everywhere."""

from __future__ import annotations

NEVER = float("inf")
QUIET = 1.0  # seconds without a query when the part changes: no second sees two parts


class Ceiling:
    """A published rate of the run, and what of it each address may get from this scan now.

    In no clock second, wherever it begins, do more queries go to one address than the whole number
    in `rate * part`: `burst` at once and `per_second` behind them. Below one query a second only
    the gaps are kept. A rate of 0 is no ceiling.
    """

    __slots__ = ("burst", "opens_at", "part", "per_second", "rate", "version")

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.version = 0
        self.opens_at = -NEVER
        self._take_part(1.0)

    def change(self, part: float, opens_at: float) -> None:
        """Another part of the rate (0 to 1), used from then on; until then nothing goes out."""
        self.version += 1
        self.opens_at = opens_at
        self._take_part(part)

    def _take_part(self, part: float) -> None:
        self.part = part
        allowed = self.rate * part
        whole = int(allowed + 1e-9)
        self.burst = max(1, whole // 20)
        self.per_second = float(whole - self.burst + 1) if whole else allowed


class Pace:
    """A token bucket at one address as one number: the time at which it would be full again."""

    __slots__ = ("_ceiling", "_full_at", "_version", "network", "stretch")

    def __init__(self, ceiling: Ceiling, network: Pace | None = None) -> None:
        self.network = network  # of all addresses around it, which must have room too
        self._ceiling = ceiling
        self._version = ceiling.version
        self._full_at = 0.0
        self.stretch = 1.0  # a server that refuses is asked this many times slower

    def take(self, wanted: int, now: float) -> int:
        """How many of the wanted queries may go out now; they count as sent."""
        if self._ceiling.rate:
            wanted = min(wanted, self._room(now))
        if self.network is not None and wanted > 0:
            wanted = self.network.take(wanted, now)
        if wanted <= 0:
            return 0
        if self._ceiling.rate:
            gap = self.stretch / self._ceiling.per_second
            self._full_at = max(self._full_at, now) + wanted * gap
        return wanted

    def _room(self, now: float) -> int:
        ceiling = self._ceiling
        if now < ceiling.opens_at or not ceiling.per_second:
            return 0
        if self._version != ceiling.version:
            self._version = ceiling.version
            self._full_at = now
        used = max(0.0, self._full_at - now)
        return int(ceiling.burst - used * ceiling.per_second / self.stretch + 1e-9)

    def next_at(self, now: float) -> float:
        """When one more query may go out; NEVER while this scan has no part of the rate."""
        own = self._next_at(now)
        return own if self.network is None else max(own, self.network.next_at(now))

    def _next_at(self, now: float) -> float:
        ceiling = self._ceiling
        if not ceiling.rate:
            return now
        if not ceiling.per_second:
            return NEVER
        start = max(now, ceiling.opens_at)
        if self._version != ceiling.version:
            return start
        gap = self.stretch / ceiling.per_second
        return max(start, self._full_at - (ceiling.burst - 1) * gap)


class Sent:
    """How many queries went out to one address, clock second by clock second."""

    __slots__ = ("highest", "seconds", "total")

    def __init__(self) -> None:
        self.seconds: dict[int, int] = {}
        self.highest = self.total = 0

    def count(self, sent: int, at: float) -> None:
        """`at` in epoch seconds, so that what several scans sent can be added up."""
        second = int(at)
        count = self.seconds[second] = self.seconds.get(second, 0) + sent
        self.total += sent
        self.highest = max(self.highest, count)
