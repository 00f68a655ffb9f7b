"""How many look-ups may be in flight at one resolver: grows while it pays, shrinks with loss.

A resolver that is asked too much drops questions without a word, and asking more of it stops
paying long before (measured: at about 400 in flight). So the window doubles at first and
then grows slowly, as long as the rate of answers grows with it, holds when it does not, and falls
by a third when more is lost than the usual share of names that nobody answers.
"""

from __future__ import annotations

FLOOR = 64
"""Where it begins, too. Loss at so few in flight is not the resolver's: 100 lost nothing at an
unbound left as installed. It is the network's, or that of names nobody answers for, and a smaller
window would only make a scan wait: the last silent names would be asked a handful at a time."""
EPOCH = 0.25  # seconds between decisions
USUAL_LOSS = 0.04  # names whose servers are dead time out at any window
OPENING = 2.0  # growth a decision until more does not pay or something is lost, once
GROWTH = 1.15
SHRINK = 0.65


class Window:
    """`size` is the window now, between FLOOR and `limit`."""

    __slots__ = (
        "_answers",
        "_best_rate",
        "_epoch_at",
        "_is_opening",
        "_losses",
        "_quiet_until",
        "_recent",
        "limit",
        "size",
    )

    def __init__(self, limit: int, now: float) -> None:
        self.limit = limit
        self.restart(now)

    def restart(self, now: float) -> None:
        """Begin again with a small window, after the resolver was away."""
        self.size = min(FLOOR, self.limit)
        self._is_opening = True
        self._answers = 0  # in this epoch
        self._recent = self._losses = 0.0  # fading sums
        self._best_rate = 0.0
        self._epoch_at = now
        self._quiet_until = now

    def confine(self, limit: int) -> None:
        """Set another upper bound."""
        self.limit = max(1, limit)
        self.size = min(self.size, self.limit)

    def heard(self, count: int, *, was_full: bool, now: float) -> None:
        """Answers came; `was_full` says that the window, not the supply, was the limit."""
        self._answers += count
        if now - self._epoch_at >= EPOCH:
            self._decide(now, was_full=was_full)

    def lost(self, count: int, now: float, timeout: float) -> None:
        """Questions went unanswered for `timeout` seconds while others were answered."""
        self._losses += count
        seen = self._recent + self._answers + self._losses
        if now < self._quiet_until or self._losses < 10:
            return
        if self._losses > USUAL_LOSS * max(seen, self.size):
            self.size = max(min(FLOOR, self.limit), int(self.size * SHRINK))
            self._is_opening = False
            # What is in flight was sent under the old window: its losses say nothing new.
            self._quiet_until = now + timeout
            self._best_rate = 0.0
            self._recent = self._losses = 0.0

    def _decide(self, now: float, *, was_full: bool) -> None:
        rate = self._answers / (now - self._epoch_at)
        if was_full and now >= self._quiet_until:
            pays = rate > self._best_rate * 1.03
            self._is_opening &= pays
            step = (OPENING if self._is_opening else GROWTH) if pays else 1.01
            self.size = min(self.limit, max(self.size + 1, int(self.size * step)))
        self._best_rate = max(self._best_rate * 0.98, rate)
        self._recent = self._recent * 0.8 + self._answers
        self._losses *= 0.8
        self._answers = 0
        self._epoch_at = now
