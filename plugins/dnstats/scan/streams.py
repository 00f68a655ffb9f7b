"""TCP: one connection a lane, queries pipelined on it, messages framed by two octets of length.

RFC 7766. Reports messages and ends to the core; decides nothing.
"""

from __future__ import annotations

import errno
import select
import socket

from dnstats.scan.listener import Listener
from dnstats.scan.server import Lane

READ_SIZE = 65536


class Stream:
    """One TCP connection."""

    __slots__ = ("incoming", "lane", "outgoing", "socket", "waits_to_write")

    def __init__(self, lane: Lane) -> None:
        server = lane.server
        family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.lane = lane
        self.incoming = bytearray()
        self.outgoing = bytearray()
        self.waits_to_write = True  # until connected
        try:
            self.socket.setblocking(False)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            number = self.socket.connect_ex((server.address, server.port))
            if number not in (0, errno.EINPROGRESS):
                raise OSError(number, "cannot connect")
        except OSError:
            self.socket.close()
            raise


class Streams:
    """All TCP connections of a scan."""

    def __init__(self, poller: select.epoll) -> None:
        self._poller = poller
        self._by_descriptor: dict[int, Stream] = {}
        self._unsent: dict[int, None] = {}

    def __contains__(self, descriptor: int) -> bool:
        return descriptor in self._by_descriptor

    def send(self, core: Listener, lane: Lane, message: bytes) -> None:
        """Take a message for a lane, connecting first when it is not; `flush_all` sends it."""
        stream = lane.channel
        if stream is None:
            try:
                stream = Stream(lane)
            except OSError:
                core.closed(lane)
                return
            lane.channel = stream
            descriptor = stream.socket.fileno()
            self._by_descriptor[descriptor] = stream
            self._poller.register(descriptor, select.EPOLLIN | select.EPOLLOUT)
        assert isinstance(stream, Stream)
        stream.outgoing += len(message).to_bytes(2) + message
        if not stream.waits_to_write:
            self._unsent[stream.socket.fileno()] = None

    def flush_all(self) -> None:
        """Send what was taken: all messages to one server in one call."""
        unsent, self._unsent = self._unsent, {}
        for descriptor in unsent:
            self.flush(descriptor)

    def flush(self, descriptor: int) -> None:
        """The connection stands, or takes more."""
        stream = self._by_descriptor[descriptor]
        try:
            sent = stream.socket.send(stream.outgoing) if stream.outgoing else 0
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            # What the peer sent before it hung up may still be there: reading finds the end.
            sent = len(stream.outgoing)
        del stream.outgoing[:sent]
        waits = bool(stream.outgoing)
        if waits != stream.waits_to_write:
            stream.waits_to_write = waits
            events = select.EPOLLIN | select.EPOLLOUT if waits else select.EPOLLIN
            self._poller.modify(descriptor, events)

    def receive(self, core: Listener, descriptor: int, now: float) -> int:
        """Read what came, hand over whole messages; how many there were."""
        stream = self._by_descriptor[descriptor]
        try:
            data = stream.socket.recv(READ_SIZE)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self._end(core, stream)
            return 0
        stream.incoming += data
        messages = _messages(stream.incoming)
        if messages:
            core.received(stream.lane, messages, now)
        if not data:
            self._end(core, stream)
        return len(messages)

    def _end(self, core: Listener, stream: Stream) -> None:
        self.drop(stream.lane)
        core.closed(stream.lane)

    def drop(self, lane: Lane) -> None:
        """Close a lane's connection, if it has one."""
        stream = lane.channel
        if isinstance(stream, Stream):
            descriptor = stream.socket.fileno()
            self._poller.unregister(descriptor)
            del self._by_descriptor[descriptor]
            lane.channel = None
            stream.socket.close()

    def close(self) -> None:
        for stream in list(self._by_descriptor.values()):
            self.drop(stream.lane)


def _messages(incoming: bytearray) -> list[bytes]:
    """Take the whole messages off the front of what was read."""
    messages = []
    start = 0
    while len(incoming) - start >= 2:
        end = start + 2 + (incoming[start] << 8 | incoming[start + 1])
        if end > len(incoming):
            break
        messages.append(bytes(incoming[start + 2 : end]))
        start = end
    del incoming[:start]
    return messages
