"""Free TCP ports on 127.0.0.1."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:port now."""
    with socket.socket() as probe:
        # As servers do: a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def any_free() -> int:
    """A port the kernel says is free now; somebody may take it before it is used: retry then."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def near(wanted: int, tries: int = 50) -> int:
    """`wanted` when free, else the next free one after it, else any."""
    for port in range(wanted, min(wanted + tries, 65536)):
        if is_free(port):
            return port
    return any_free()
