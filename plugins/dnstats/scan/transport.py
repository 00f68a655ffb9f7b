"""All sockets of a scan behind one wait: the only module that waits for the network."""

from __future__ import annotations

import select

from dnstats.scan.datagrams import Datagrams
from dnstats.scan.listener import Listener
from dnstats.scan.server import Sends
from dnstats.scan.streams import Streams

ENDED = select.EPOLLIN | select.EPOLLERR | select.EPOLLHUP


class Transport:
    """Sends what the core wants sent and tells it what came."""

    def __init__(self, sockets: int, *, batches: bool) -> None:
        self._poller = select.epoll()
        self.datagrams = Datagrams(self._poller, max(16, sockets // 2), batches=batches)
        self.streams = Streams(self._poller)

    def send(self, core: Listener, sends: Sends, now: float) -> None:
        for lane, messages, length in sends:
            if lane.is_tcp:
                self.streams.send(core, lane, messages)
            else:
                self.datagrams.send(core, lane, messages, length, now)
        self.streams.flush_all()
        if core.closing:
            closing, core.closing = core.closing, []
            for lane in closing:
                self.streams.drop(lane)

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        """Sockets that have something, at the latest after `seconds`."""
        return self._poller.poll(seconds, 512)

    def handle(self, core: Listener, ready: list[tuple[int, int]], now: float) -> int:
        """Hand everything that came to the core; how many messages it was."""
        total = 0
        for descriptor, events in ready:
            # A socket may have been closed by what an earlier one brought.
            if events & select.EPOLLOUT:
                if descriptor in self.datagrams:
                    self.datagrams.flush(core, descriptor, now)
                elif descriptor in self.streams:
                    self.streams.flush(descriptor)
            if events & ENDED:
                if descriptor in self.datagrams:
                    total += self.datagrams.receive(core, descriptor, now)
                elif descriptor in self.streams:
                    total += self.streams.receive(core, descriptor, now)
        return total

    def close(self) -> None:
        self.datagrams.close()
        self.streams.close()
        self._poller.close()
