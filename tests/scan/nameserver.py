"""A name server in a thread that behaves as it is told: for tests of the scan over real sockets."""

from __future__ import annotations

import contextlib
import heapq
import select
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from dnstats import wire

Reply = tuple[float, bytes]  # seconds to wait, what to send
Handler = Callable[["Query"], Iterable[Reply]]


class Query:
    """One query as it came. `count` is how often this question came before, over any transport."""

    def __init__(self, data: bytes, *, tcp: bool, count: int = 0) -> None:
        self.data = data
        self.tcp = tcp
        self.count = count
        self.name, end = wire.read_name(data, 12)
        self.rdtype = int.from_bytes(data[end : end + 2])
        self.section = data[12 : end + 4]
        self.rd = bool(data[2] & 1)
        self.cd = bool(data[3] & 0x10)
        self.has_edns = data[10:12] != b"\0\0"
        self.label = self.name.split(".")[0]


def respond(
    query: Query,
    rdata: Iterable[bytes] = (b"\x02hi",),
    *,
    rcode: int = 0,
    aa: bool = True,
    tc: bool = False,
    qr: bool = True,
    section: bytes | None = None,
    ident: bytes | None = None,
    rdtype: int | None = None,
    ad: bool = False,
    soa: bool | None = None,
    zone: str = "",
) -> bytes:
    """A response to the query, right in every field that is not asked to be wrong.

    Without records it has the SOA that proves it, unless told otherwise: of the name itself, or
    above it where that does not exist, or of the zone that is named.
    """
    rdata = tuple(rdata)
    if soa is None:
        soa = not rdata and rcode in (wire.NOERROR, wire.NXDOMAIN)
    flags = (qr << 15) | (aa << 10) | (tc << 9) | (query.rd << 8) | 0x80 | (ad << 5) | rcode
    kind = query.rdtype if rdtype is None else rdtype
    body = b"".join(
        b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 300, len(data)) + data for data in rdata
    )
    if soa:
        if rcode == wire.NXDOMAIN and not zone:
            zone = query.name.partition(".")[2] or "."
        owner = b"\xc0" + bytes((12 + len(query.name) - len(zone),)) if zone else b"\xc0\x0c"
        owner = b"\0" if zone == "." else owner
        body += owner + struct.pack("!HHIH", wire.SOA, 1, 300, 22) + b"\0\0" + bytes(20)
    counts = struct.pack("!HHHHH", flags, 1, len(rdata), int(soa), 0)
    question = query.section if section is None else section
    return (query.data[:2] if ident is None else ident) + counts + question + body


def nxdomain(query: Query) -> bytes:
    return respond(query, (), rcode=wire.NXDOMAIN, soa=True)


class NameServer:
    """Serves UDP and TCP on one loopback address until closed; counts what it was asked."""

    def __init__(
        self, handler: Handler, address: str = "127.0.0.1", port: int = 0, *, tcp: bool = True
    ) -> None:
        self.handler = handler
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        for _ in range(50):
            self.udp = socket.socket(family, socket.SOCK_DGRAM)
            self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            self.udp.bind((address, port))
            self.port = self.udp.getsockname()[1]
            self.listener = socket.socket(family, socket.SOCK_STREAM)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                self.listener.bind((address, self.port))
                break
            except OSError:
                self.udp.close()
                self.listener.close()
        if tcp:
            self.listener.listen(64)
        else:
            self.listener.close()
        self.has_tcp = tcp
        self.speaks_from = self.udp
        self.address = address
        self.text = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"
        self.seen: Counter[tuple[str, int]] = Counter()
        self.queries: list[Query] = []
        self.times: list[float] = []
        self.connections = 0
        self._stop, self._stopping = socket.socketpair()
        self._later: list[tuple[float, int, Callable[[], object]]] = []
        self._ticket = 0
        self._clients: dict[int, tuple[socket.socket, bytearray]] = {}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def __enter__(self) -> NameServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stop.send(b"x")
        self._thread.join(5)
        for each in (self.udp, self.listener, self._stop, self._stopping):
            each.close()
        for client, _ in self._clients.values():
            client.close()

    def _run(self) -> None:
        self.udp.setblocking(False)
        poller = select.epoll()
        poller.register(self.udp.fileno(), select.EPOLLIN)
        poller.register(self._stopping.fileno(), select.EPOLLIN)
        if self.has_tcp:
            poller.register(self.listener.fileno(), select.EPOLLIN)
        while True:
            now = time.monotonic()
            while self._later and self._later[0][0] <= now:
                heapq.heappop(self._later)[2]()
            wait = self._later[0][0] - now if self._later else 1.0
            for descriptor, _ in poller.poll(max(0.0, min(wait, 1.0))):
                if descriptor == self._stopping.fileno():
                    poller.close()
                    return
                if descriptor == self.udp.fileno():
                    self._datagrams()
                elif self.has_tcp and descriptor == self.listener.fileno():
                    client, _ = self.listener.accept()
                    self.connections += 1
                    self._clients[client.fileno()] = (client, bytearray())
                    poller.register(client.fileno(), select.EPOLLIN)
                else:
                    self._stream(poller, descriptor)

    def _datagrams(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for _ in range(200):
                data, peer = self.udp.recvfrom(4096)
                self.times.append(time.monotonic())
                for delay, reply in self._handle(data, tcp=False):
                    self._do(delay, partial(self._to, reply, peer))

    def _to(self, reply: bytes, peer: Any) -> None:
        with contextlib.suppress(OSError):
            self.speaks_from.sendto(reply, peer)

    def _handle(self, data: bytes, *, tcp: bool) -> Iterable[Reply]:
        query = Query(data, tcp=tcp)
        key = (query.name, query.rdtype)
        query.count = self.seen[key]
        self.seen[key] += 1
        self.queries.append(query)
        return list(self.handler(query))

    def _do(self, delay: float, act: Callable[[], object]) -> None:
        if not delay:
            act()
            return
        self._ticket += 1
        heapq.heappush(self._later, (time.monotonic() + delay, self._ticket, act))

    def _stream(self, poller: select.epoll, descriptor: int) -> None:
        client, incoming = self._clients[descriptor]
        try:
            data = client.recv(65536)
        except OSError:
            data = b""
        incoming += data
        while len(incoming) >= 2 and len(incoming) >= 2 + (size := incoming[0] << 8 | incoming[1]):
            message = bytes(incoming[2 : 2 + size])
            del incoming[: 2 + size]
            for delay, reply in self._handle(message, tcp=True):
                self._do(delay, partial(self._write, poller, descriptor, reply))
        if not data:
            self._hang_up(poller, descriptor)

    def _write(self, poller: select.epoll, descriptor: int, reply: bytes) -> None:
        """Send as it is: the handler frames its own messages, so that it can frame them wrongly."""
        if descriptor not in self._clients:
            return
        if reply == HANG_UP:
            self._hang_up(poller, descriptor)
            return
        with contextlib.suppress(OSError):
            self._clients[descriptor][0].sendall(reply)

    def _hang_up(self, poller: select.epoll, descriptor: int) -> None:
        if descriptor in self._clients:
            poller.unregister(descriptor)
            self._clients.pop(descriptor)[0].close()


HANG_UP = b"hang up"


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(2) + message


def whole(query: Query, message: bytes) -> bytes:
    """The message in the form of the query's transport."""
    return framed(message) if query.tcp else message
