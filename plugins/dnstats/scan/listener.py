"""What the sockets tell whoever they work for: the face of the core towards the transport."""

from __future__ import annotations

from typing import Protocol

from dnstats.scan.server import Lane


class Listener(Protocol):
    """Hears what comes on lanes, and what becomes of them; see `lookups.Lookups`."""

    closing: list[Lane]  # connections that shall be closed

    def received(self, lane: Lane, messages: list[bytes], now: float) -> None:
        """Whole messages came on a lane."""

    def refused(self, lane: Lane, now: float) -> None:
        """ICMP said that the port of this datagram lane is closed."""

    def unreachable(self, lane: Lane, now: float) -> None:
        """There is no way to this lane's address."""

    def closed(self, lane: Lane) -> None:
        """A stream ended, or could not be opened."""
