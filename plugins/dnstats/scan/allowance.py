"""The part of the run's rates that this scan may use: told from outside while the scan goes on.

Scans of other chunks, here and on other machines, use the rest. Who gets which part is decided
elsewhere; here is only what two threads must agree on: one that keeps the part and one that scans.
"""

from __future__ import annotations

import threading
from typing import NamedTuple


class Part(NamedTuple):
    """A part of the rates, and until when (monotonic seconds) it may be used."""

    share: float  # 0 to 1
    until: float
    is_alone: bool = False  # nobody, nor this scan, had any part within the last second


class Allowance:
    """What is offered to a scan, and what it uses. `offer` is for another thread."""

    def __init__(self, part: Part) -> None:
        self._lock = threading.Lock()
        self._offered = part
        self._used = 0.0
        self.fault: Exception | None = None  # ends the scan

    def offer(self, part: Part) -> None:
        """From the scan's next look on, this."""
        with self._lock:
            self._offered = part

    @property
    def most(self) -> float:
        """No more than this is used before another offer is made and looked at."""
        with self._lock:
            return max(self._offered.share, self._used)

    @property
    def is_adopted(self) -> bool:
        """Whether the scan uses no more than the last offer."""
        with self._lock:
            return self._used <= self._offered.share

    def use(self, now: float) -> Part:
        """What the scan uses from now on; `fault` is raised when nobody keeps the part any more."""
        if self.fault is not None:
            raise self.fault
        with self._lock:
            part = self._offered
            if now >= part.until:
                part = part._replace(share=0.0)
            self._used = part.share
        return part
