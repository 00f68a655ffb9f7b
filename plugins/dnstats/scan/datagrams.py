"""UDP: one connected, non-blocking socket a lane, opened at its first send.

Connected, so that the kernel drops what comes from anybody else. Sockets of servers asked
directly are closed again, the longest idle first, when there are too many. Reports to the core
what failed; decides nothing.
"""

from __future__ import annotations

import errno
import select
import socket
from collections import OrderedDict
from contextlib import suppress

from dnstats.scan.batch import SLOT_SIZE, SOL_UDP, UDP_SEGMENT, Receiver, can_segment, cut
from dnstats.scan.listener import Listener
from dnstats.scan.server import Lane
from dnstats.scan.settings import RECEIVE_BUFFER

SO_RCVBUFFORCE = 33  # asm-generic/socket.h; needs CAP_NET_ADMIN
FULL = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS)
NO_SEGMENTS = (errno.EIO, errno.EINVAL, errno.EMSGSIZE, errno.EOPNOTSUPP)
READ_AT_ONCE = 256


class Datagram:
    """One UDP socket. `backlog` holds what the kernel would not take yet, and its length apiece."""

    __slots__ = ("backlog", "lane", "segment", "socket")

    def __init__(self, lane: Lane) -> None:
        server = lane.server
        family = socket.AF_INET6 if ":" in server.address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.lane = lane
        self.segment = 0
        self.backlog: list[tuple[bytes, int]] = []
        try:
            self.socket.setblocking(False)
            if server.is_resolver:
                _enlarge(self.socket)
            self.socket.connect((server.address, server.port))
        except OSError:
            self.socket.close()
            raise


def _enlarge(udp: socket.socket) -> None:
    try:
        udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
    except OSError:
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)


class Datagrams:
    """All UDP sockets of a scan."""

    def __init__(self, poller: select.epoll, limit: int, *, batches: bool) -> None:
        self._poller = poller
        self._limit = limit
        self._segments = batches and can_segment()
        self._receiver = Receiver() if batches else None
        self._by_descriptor: dict[int, Datagram] = {}
        self._by_age: OrderedDict[Lane, Datagram] = OrderedDict()

    def __contains__(self, descriptor: int) -> bool:
        return descriptor in self._by_descriptor

    def send(self, core: Listener, lane: Lane, messages: bytes, length: int, now: float) -> None:
        """Send messages of this length on a lane, opening its socket when it has none."""
        channel = lane.channel
        if channel is None:
            try:
                channel = self._open(lane)
            except OSError:
                core.unreachable(lane, now)
                return
        assert isinstance(channel, Datagram)
        if not lane.server.is_resolver:
            self._by_age.move_to_end(lane)
        if channel.backlog:
            channel.backlog.append((messages, length))
            return
        self._send(core, channel, messages, length, now)

    def _open(self, lane: Lane) -> Datagram:
        channel = Datagram(lane)
        lane.channel = channel
        descriptor = channel.socket.fileno()
        self._by_descriptor[descriptor] = channel
        self._poller.register(descriptor, select.EPOLLIN)
        if not lane.server.is_resolver:
            self._by_age[lane] = channel
            if len(self._by_age) > self._limit:
                self._close_idle()
        return channel

    def _close_idle(self) -> None:
        for lane, channel in self._by_age.items():
            if not lane.pending:
                self._close(channel)
                return

    def _close(self, channel: Datagram) -> None:
        descriptor = channel.socket.fileno()
        self._poller.unregister(descriptor)
        del self._by_descriptor[descriptor]
        self._by_age.pop(channel.lane, None)
        channel.lane.channel = None
        channel.socket.close()

    def _send(
        self, core: Listener, channel: Datagram, messages: bytes, length: int, now: float
    ) -> None:
        try:
            if len(messages) > length and self._segments:
                left = self._send_segments(channel, messages, length)
            else:
                left = self._send_each(channel, messages, length)
        except ConnectionRefusedError:
            core.refused(channel.lane, now)
            return
        except OSError:
            core.unreachable(channel.lane, now)
            return
        if left:
            channel.backlog.append((left, length))
            self._poller.modify(channel.socket.fileno(), select.EPOLLIN | select.EPOLLOUT)

    def _send_each(self, channel: Datagram, messages: bytes, length: int) -> bytes:
        """Send one by one; what the kernel would not take comes back."""
        send = channel.socket.send
        if channel.segment and channel.segment < length:
            # Longer than a segment, it would be cut; a shorter one goes out whole as it is.
            channel.socket.setsockopt(SOL_UDP, UDP_SEGMENT, 0)
            channel.segment = 0
        for start in range(0, len(messages), length):
            try:
                send(messages[start : start + length])
            except OSError as error:
                if error.errno in FULL:
                    return messages[start:]
                raise
        return b""

    def _send_segments(self, channel: Datagram, messages: bytes, length: int) -> bytes:
        """All go out in one call: the kernel cuts them apart again."""
        udp = channel.socket
        try:
            if channel.segment != length:
                udp.setsockopt(SOL_UDP, UDP_SEGMENT, length)
                channel.segment = length
            udp.send(messages)
        except OSError as error:
            if error.errno in FULL:
                return messages
            if error.errno not in NO_SEGMENTS:
                raise
            self._segments = False  # a device without checksum offload: plain from now on
            udp.setsockopt(SOL_UDP, UDP_SEGMENT, 0)
            channel.segment = 0
            return self._send_each(channel, messages, length)
        return b""

    def flush(self, core: Listener, descriptor: int, now: float) -> None:
        """The kernel takes datagrams again."""
        channel = self._by_descriptor[descriptor]
        backlog, channel.backlog = channel.backlog, []
        self._poller.modify(descriptor, select.EPOLLIN)
        for messages, length in backlog:
            if channel.backlog:
                channel.backlog.append((messages, length))
            else:
                self._send(core, channel, messages, length, now)

    def receive(self, core: Listener, descriptor: int, now: float) -> int:
        """Hand everything that came on a socket to the core; how much it was."""
        channel = self._by_descriptor[descriptor]
        total = 0
        more = True
        while more and total < READ_AT_ONCE:
            try:
                if self._receiver is not None:
                    messages, more = self._receiver.receive(descriptor)
                else:
                    messages, more = _receive_each(channel.socket), False
            except ConnectionRefusedError:
                core.refused(channel.lane, now)
                continue
            except OSError:
                core.unreachable(channel.lane, now)
                return total
            if messages:
                total += len(messages)
                core.received(channel.lane, messages, now)
        return total

    def close(self) -> None:
        for channel in list(self._by_descriptor.values()):
            self._close(channel)


def _receive_each(udp: socket.socket) -> list[bytes]:
    messages: list[bytes] = []
    receive = udp.recv
    with suppress(BlockingIOError, InterruptedError):
        while len(messages) < READ_AT_ONCE:
            try:
                data = receive(SLOT_SIZE)
            except ConnectionRefusedError:
                if not messages:
                    raise
                break  # what was read first is handed over first; the port's news can wait
            messages.append(cut(data) if len(data) == SLOT_SIZE else data)
    return messages
