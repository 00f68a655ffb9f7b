"""Name servers that are slow and lose datagrams, in front of one that is neither.

    python bench/scan_late.py ADDRESS DELAY LOSS OWN_ADDRESS...

Whatever comes to port 53 of its own addresses is asked of the server at ADDRESS; its answer goes
back after DELAY seconds. Of all datagrams the share LOSS is lost, either way; streams lose nothing.
"""

from __future__ import annotations

import heapq
import random
import resource
import select
import socket
import sys
import time
from contextlib import suppress


class Late:
    """All sockets of all addresses, and the answers that are not due yet."""

    def __init__(self, behind: str, delay: float, loss: float, addresses: list[str]) -> None:
        self._behind = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._behind.connect((behind, 53))
        self._behind.settimeout(1)
        self._delay, self._loss = delay, loss
        self._rng = random.Random(1)
        self._poller = select.epoll()
        self._datagrams: dict[int, socket.socket] = {}
        self._listeners: dict[int, socket.socket] = {}
        self._streams: dict[int, socket.socket] = {}
        self._due: list[tuple[float, int, socket.socket, bytes, tuple[str, int] | None]] = []
        for address in addresses:
            front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            front.bind((address, 53))
            self._add(self._datagrams, front)
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, 53))
            listener.listen(16)
            self._add(self._listeners, listener)

    def _add(self, kind: dict[int, socket.socket], one: socket.socket) -> None:
        one.setblocking(False)
        kind[one.fileno()] = one
        self._poller.register(one.fileno(), select.EPOLLIN)

    def serve(self) -> None:
        while True:
            wait = self._due[0][0] - time.monotonic() if self._due else -1
            for descriptor, _ in self._poller.poll(max(wait, 0) if self._due else None):
                with suppress(OSError):
                    self._take(descriptor)
            while self._due and self._due[0][0] <= time.monotonic():
                _, _, back, data, client = heapq.heappop(self._due)
                with suppress(OSError):
                    if client is None:
                        back.send(len(data).to_bytes(2) + data)
                    elif self._rng.random() >= self._loss:
                        back.sendto(data, client)

    def _take(self, descriptor: int) -> None:
        if descriptor in self._listeners:
            self._add(self._streams, self._listeners[descriptor].accept()[0])
        elif descriptor in self._datagrams:
            front = self._datagrams[descriptor]
            data, client = front.recvfrom(4096)
            if self._rng.random() >= self._loss:
                self._ask(front, data, client)
        else:
            stream = self._streams[descriptor]
            data = stream.recv(65536)
            while len(data) > 2:
                length = int.from_bytes(data[:2])
                self._ask(stream, data[2 : 2 + length], None)
                data = data[2 + length :]
            if not data and not stream.recv(1, socket.MSG_PEEK):
                self._streams.pop(descriptor).close()

    def _ask(self, back: socket.socket, data: bytes, client: tuple[str, int] | None) -> None:
        self._behind.send(data)
        answer = self._behind.recv(65535)
        due = time.monotonic() + self._delay
        heapq.heappush(self._due, (due, id(answer), back, answer, client))


if __name__ == "__main__":
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    Late(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]).serve()
