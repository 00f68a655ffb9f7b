"""The sockets of the practice internet: one loop, UDP and TCP, loopback only.

Binds nothing outside 127.0.0.0/8; decides nothing about content (that is `answering`), but drops
UDP queries at the resolvers when told to lose some.
"""

from __future__ import annotations

import errno
import ipaddress
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from dnstats.lab.answering import Answerer
from dnstats.lab.loss import Loss

BATCH = 64
TCP_IDLE = 10.0
TCP_MOST = 200
BUFFER = 4 << 20


class PortTaken(Exception):
    """The port is in use on one of the addresses."""


def check_loopback(addresses: Iterable[str]) -> None:
    """Refuse (ValueError) any address that is not in 127.0.0.0/8."""
    for address in addresses:
        if ipaddress.ip_address(address) not in ipaddress.ip_network("127.0.0.0/8"):
            raise ValueError(f"the lab serves on 127.0.0.0/8 only, not on {address}")


def _bound(kind: socket.SocketKind, address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
    try:
        if kind == socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        made.bind((address, port))
        if kind == socket.SOCK_STREAM:
            made.listen(128)
    except OSError as error:
        made.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"port {port} is taken on {address}") from error
        raise
    return made


def bind(addresses: Iterable[str], port: int) -> list[socket.socket]:
    """Bind UDP and TCP sockets on every address, all or none (PortTaken)."""
    addresses = tuple(addresses)
    check_loopback(addresses)
    made: list[socket.socket] = []
    try:
        for address in addresses:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                made.append(_bound(kind, address, port))
    except BaseException:
        for each in made:
            each.close()
        raise
    return made


def bind_anywhere(
    addresses: Iterable[str], ports: Iterable[int]
) -> tuple[int, list[socket.socket]]:
    """Bind on the first of `ports` that is free on every address."""
    addresses, last = tuple(addresses), PortTaken("no port was tried")
    for port in ports:
        try:
            return port, bind(addresses, port)
        except PortTaken as taken:
            last = taken
    raise last


class _Connection:
    """One TCP connection: what has arrived, what is still to send (RFC 7766)."""

    def __init__(self, sock: socket.socket, address: str, now: float) -> None:
        self.sock, self.address, self.used = sock, address, now
        self.arrived, self.leaving = b"", b""


class Server:
    """Serves an Answerer on sockets made by `bind` until told to stop."""

    def __init__(self, answerer: Answerer, sockets: list[socket.socket], loss: Loss) -> None:
        self.answerer, self.loss = answerer, loss
        self._sockets, self._running = sockets, True
        self._selector = selectors.DefaultSelector()
        self._connections: dict[socket.socket, _Connection] = {}
        self._wake_read, self._wake = socket.socketpair()
        self._wake_read.setblocking(False)
        self._selector.register(self._wake_read, selectors.EVENT_READ, self._woken)
        for each in sockets:
            address = each.getsockname()[0]
            taker = self._datagrams if each.type == socket.SOCK_DGRAM else self._accept
            self._selector.register(each, selectors.EVENT_READ, _with(taker, each, address))

    def stop(self) -> None:
        """End `run` soon; safe in a signal handler and from another thread."""
        self._running = False
        with suppress(OSError):
            self._wake.send(b"x")

    def run(self) -> None:
        """Serve until `stop`; closes every socket at the end."""
        try:
            while self._running:
                for key, events in self._selector.select(5.0):
                    key.data(events)
                self._drop_idle(time.monotonic())
        finally:
            self._selector.close()
            for each in (*self._sockets, *self._connections, self._wake, self._wake_read):
                each.close()

    def _woken(self, _events: int) -> None:
        with suppress(OSError):
            self._wake_read.recv(64)

    def _datagrams(self, sock: socket.socket, address: str, _events: int) -> None:
        for _ in range(BATCH):
            try:
                data, asker = sock.recvfrom(4096)
            except OSError:  # nothing left to read
                return
            if self.loss.drops(address, data):
                continue
            response = self.answerer.answer(address, data)
            if response is not None:
                with suppress(
                    OSError
                ):  # the asker's buffer is full: as on the internet, it is lost
                    sock.sendto(response, asker)

    def _accept(self, sock: socket.socket, address: str, _events: int) -> None:
        try:
            made, _ = sock.accept()
        except OSError:
            return
        made.setblocking(False)
        if len(self._connections) >= TCP_MOST:
            self._close(min(self._connections.values(), key=lambda each: each.used))
        connection = _Connection(made, address, time.monotonic())
        self._connections[made] = connection
        self._selector.register(made, selectors.EVENT_READ, _with(self._stream, connection))

    def _stream(self, connection: _Connection, events: int) -> None:
        connection.used = time.monotonic()
        try:
            if events & selectors.EVENT_READ:
                data = connection.sock.recv(65536)
                if not data:
                    return self._close(connection)
                connection.arrived += data
                self._answer_arrived(connection)
            if connection.leaving:
                sent = connection.sock.send(connection.leaving)
                connection.leaving = connection.leaving[sent:]
        except BlockingIOError:
            pass
        except OSError:
            return self._close(connection)
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.leaving else 0)
        self._selector.modify(connection.sock, wanted, _with(self._stream, connection))
        return None

    def _answer_arrived(self, connection: _Connection) -> None:
        while len(connection.arrived) >= 2:
            end = 2 + int.from_bytes(connection.arrived[:2], "big")
            if len(connection.arrived) < end:
                return
            data, connection.arrived = connection.arrived[2:end], connection.arrived[end:]
            response = self.answerer.answer(connection.address, data, tcp=True)
            if response is not None:
                connection.leaving += len(response).to_bytes(2, "big") + response

    def _close(self, connection: _Connection) -> None:
        self._selector.unregister(connection.sock)
        del self._connections[connection.sock]
        connection.sock.close()

    def _drop_idle(self, now: float) -> None:
        for each in [c for c in self._connections.values() if now - c.used > TCP_IDLE]:
            self._close(each)


def _with(function: Callable[..., None], *first: object) -> Callable[[int], None]:
    """Bind the first arguments of an event's taker."""
    return lambda events: function(*first, events)
