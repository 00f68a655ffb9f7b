"""The networks that asked addresses stand in: many servers of one operator share a line.

The /24 of an IPv4 address and the /48 of an IPv6 one are the smallest that are announced to the
Internet, so what stands in one is behind one door.
"""

from __future__ import annotations

import ipaddress

from dnstats.scan.pacing import Ceiling, Pace, Sent


class Network:
    """All addresses of one network together: their pace, and what went out to them."""

    __slots__ = ("name", "pace", "sent")

    def __init__(self, name: str, ceiling: Ceiling) -> None:
        self.name = name
        self.pace = Pace(ceiling)
        self.sent = Sent()


class Networks:
    """Networks by name. Loopback is none: a practice internet has all its servers there."""

    def __init__(self, rate: float) -> None:
        self.ceiling = Ceiling(rate)
        self.all: dict[str, Network] = {}

    def of(self, address: str) -> Network | None:
        """The network of an address."""
        parsed = ipaddress.ip_address(address)
        if parsed.is_loopback:
            return None
        bits = 24 if parsed.version == 4 else 48
        name = str(ipaddress.ip_network(f"{address}/{bits}", strict=False))
        network = self.all.get(name)
        if network is None:
            network = self.all[name] = Network(name, self.ceiling)
        return network
