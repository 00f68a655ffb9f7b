"""The backstop of `read`: bytes that nobody can walk are not measured, whatever they were called.

`answer.classify` walks a message before it calls it present or absent, so this never happens to
answers of our own scan. An archive is a file, though, and files get damaged.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from dnstats import wire
from dnstats.answer import Reason
from dnstats.records.record import Look, NotMeasured, Reading, Site

Read = Callable[[Site, Look], Reading | None]


def unreadable_is_not_measured(read: Read) -> Read:
    """A `read` that turns `wire.Malformed` into NotMeasured."""

    @functools.wraps(read)
    def guarded(site: Site, look: Look) -> Reading | None:
        try:
            return read(site, look)
        except (wire.Malformed, wire.BadName):
            return NotMeasured(Reason.MALFORMED)

    return guarded
