"""What a resolver tells of itself: its software, the root's keys it knows, whether it validates.

For those who want to repeat a scan. Two questions, asked once a chunk; what is not told is empty,
and nothing here ever fails a scan.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable

import msgspec

from dnstats import wire
from dnstats.scan.settings import read_address

SECONDS = 2.0  # that one question may take
MOST = 8  # resolvers that are asked
MAX_SOFTWARE = 100
_TXT, _DNSKEY, _IN, _CHAOS = 16, 48, 1, 3
_RD_AD = 0x0120
_OPT = b"\0" + (41).to_bytes(2) + (1232).to_bytes(2) + bytes(6)  # EDNS, without DO


class ResolverFacts(msgspec.Struct, frozen=True):
    """One resolver. `root_keys`: RDATA of the DNSKEY records of the root with the SEP bit."""

    address: str  # as in the settings
    software: str  # its answer to version.bind (class CH); "" when it says none
    validates: bool | None  # the AD bit at the root's keys; None: no answer
    root_keys: tuple[bytes, ...]


def ask_resolvers(addresses: Iterable[str], seconds: float = SECONDS) -> tuple[ResolverFacts, ...]:
    """The facts of each resolver, the first `MOST` of them."""
    return tuple(_ask_one(address, seconds) for address in list(dict.fromkeys(addresses))[:MOST])


def _ask_one(address: str, seconds: float) -> ResolverFacts:
    keys = _ask(address, "", _DNSKEY, _IN, seconds)
    if keys is None:
        return ResolverFacts(address, "", None, ())
    version = _ask(address, "version.bind", _TXT, _CHAOS, seconds)
    found = [
        keys.wire[rr.start : rr.end]
        for rr in keys.answer
        if rr.rdtype == _DNSKEY and rr.end - rr.start > 4
    ]
    return ResolverFacts(
        address, _software(version), keys.ad, tuple(sorted(key for key in found if key[1] & 1))
    )


def _software(message: wire.Message | None) -> str:
    for rr in message.answer if message else ():
        if rr.rdtype == _TXT and rr.end - rr.start > 1:
            length = message.wire[rr.start] if message else 0
            text = message.wire[rr.start + 1 : rr.start + 1 + length] if message else b""
            return wire.show(text)[:MAX_SOFTWARE]
    return ""


def _ask(address: str, name: str, rdtype: int, rdclass: int, seconds: float) -> wire.Message | None:
    """The response; None when none came, or none that is one."""
    identity = os.urandom(2)
    counts = b"".join(count.to_bytes(2) for count in (_RD_AD, 1, 0, 0, 1))
    written = wire.write_name(name) if name else b"\0"
    question = written + rdtype.to_bytes(2) + rdclass.to_bytes(2)
    ends = time.monotonic() + seconds
    try:
        host, port = read_address(address)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as asked:
            asked.connect((host, port))
            asked.send(identity + counts + question + _OPT)
            while (left := ends - time.monotonic()) > 0:
                asked.settimeout(left)
                data = asked.recv(65535)
                if data[:2] == identity and data[12 : 12 + len(question)] == question:
                    message = wire.parse(data)
                    return message if message.qr and not message.rcode else None
    except (OSError, ValueError):
        return None
    return None
