"""The bytes of a query, and who may be asked. Pure functions; nothing is sent here."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

from dnstats import wire

EDNS_SIZE = 1232  # the DNS flag day's size: fits every path without fragments
OPT = b"\0" + struct.pack("!HHIH", wire.OPT, EDNS_SIZE, 0x8000, 0)  # RFC 6891, DO set (RFC 3225)

RD, CD = 0x0100, 0x0010
MAX_BURST = 64  # datagrams the kernel takes in one UDP_SEGMENT send
_LETTERS = bytes(0x20 if 0x61 <= byte | 0x20 <= 0x7A and byte >= 0x41 else 0 for byte in range(256))


def header(*, recursive: bool, checking_disabled: bool, edns: bool) -> bytes:
    """What stands between the ID and the question: flags and the four counts."""
    flags = (RD if recursive else 0) | (CD if checking_disabled else 0)
    return struct.pack("!HHHHH", flags, 1, 0, 0, 1 if edns else 0)


HEADERS = {
    (recursive, checking_disabled, edns): header(
        recursive=recursive, checking_disabled=checking_disabled, edns=edns
    )
    for recursive in (False, True)
    for checking_disabled in (False, True)
    for edns in (False, True)
}


def question_section(name: str, rdtype: int) -> bytes:
    """The question in wire form, class IN; `wire.BadName` when the name cannot be asked."""
    written = _written.get(name) or _write_below(name) or wire.write_name(name).lower()
    return written + _ENDINGS[rdtype]


def read_question(name: str, rdtype: int) -> tuple[bytes, str]:
    """The question in wire form, and its name in canonical text."""
    written = _written.get(name) or _write_below(name)
    if written is None:
        written, name = wire.write_name(name).lower(), wire.canonical(name)
    return written + _ENDINGS[rdtype], name


class _Endings(dict[int, bytes]):
    """What stands behind the name: type and class. Made once a type."""

    def __missing__(self, rdtype: int) -> bytes:
        ending = self[rdtype] = rdtype.to_bytes(2) + b"\0\1"
        return ending


_ENDINGS = _Endings()
_KEPT = 2048
_written: dict[str, bytes] = {}
"""Names of late in wire form, the plain ones, which are their own canonical text: a site is asked
a dozen things under its name, close together. Emptied when full."""
_fronts: dict[str, bytes] = {}
"""Likewise what stands before such names: "_dmarc", "_smtp._tls"."""
_LENGTHS = {length: bytes((length,)) for length in range(1, wire.MAX_LABEL + 1)}
_PLAIN = b"abcdefghijklmnopqrstuvwxyz0123456789_-."


def _write_below(name: str) -> bytes | None:
    """A plain name one or two labels below one that was written of late; else as `_write`."""
    front, _, above = name.partition(".")
    behind = _written.get(above)
    if behind is None:
        second, _, above = above.partition(".")
        behind = _written.get(above)
        if behind is None:
            return _write(name)
        front += "." + second
    written = _fronts.get(front)
    if written is None:
        written = _write(front)
        if written is None:
            return None
        if len(_fronts) >= _KEPT:
            _fronts.clear()
        _fronts[front] = written = written[:-1]
    return written + behind if len(written) + len(behind) <= wire.MAX_NAME else None


def _write(name: str) -> bytes | None:
    """A plain name in wire form; None for any other, and for what is no name."""
    plain = name.encode("ascii", "replace")
    if plain.translate(None, _PLAIN):
        return None
    written = b""
    try:
        for label in plain.split(b"."):
            written += _LENGTHS[len(label)] + label
    except KeyError:
        return None  # an empty label: a dot at its end, or no name at all
    written += b"\0"
    if len(written) > wire.MAX_NAME:
        return None
    if len(_written) >= _KEPT:
        _written.clear()
    _written[name] = written
    return written


_NAME_ONLY = ~0xFFFFFFFF  # not the type and the class behind it


def mix_case(section: bytes, random_bits: Callable[[int], int]) -> bytes:
    """The same question with every letter of its name in a random case (the 0x20 defence).

    Length octets are below 0x40 and no letters, so the name needs no walking.
    """
    letters = int.from_bytes(section.translate(_LETTERS)) & _NAME_ONLY
    mixed = int.from_bytes(section) ^ (letters & random_bits(len(section) * 8))
    return mixed.to_bytes(len(section))


def mixed_burst(sections: list[bytes], header: bytes, random_bits: Callable[[int], int]) -> bytes:
    """Queries for questions of one length, one behind another: random IDs, letters in random case.

    Whole bursts as one number: a sixth of what it costs to do the same query by query.
    """
    count = len(sections)
    front = b"\0\0" + header
    plain = front + (OPT + front).join(sections) + OPT
    size = len(plain)
    names, idents = _places(size // count)
    left_out = (MAX_BURST * (size // count) - size) * 8
    letters = int.from_bytes(plain.translate(_LETTERS)) & names >> left_out
    flipped = random_bits(size * 8) & (letters | idents >> left_out)
    return (int.from_bytes(plain) ^ flipped).to_bytes(size)


@lru_cache(maxsize=512)
def _places(length: int) -> tuple[int, int]:
    """In MAX_BURST queries of this length: where a letter may change its case, and the IDs."""
    name = b"\0" * 12 + b"\x20" * (length - 16 - len(OPT)) + b"\0" * (4 + len(OPT))
    ident = b"\xff\xff" + b"\0" * (length - 2)
    return int.from_bytes(name * MAX_BURST), int.from_bytes(ident * MAX_BURST)


Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Transition addresses carry another address inside, which may be a private one.
_TRANSITION = tuple(
    ipaddress.IPv6Network(text) for text in ("2002::/16", "64:ff9b::/96", "2001::/32", "::/96")
)


def is_askable(address: str, *, allow_special: bool) -> bool:
    """Whether a scan may send to this address: a public unicast one (IANA special registries)."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and (ip.ipv4_mapped is not None or ip.scope_id):
        return False
    if ip.is_multicast or ip.is_unspecified or str(ip) == "255.255.255.255":
        return False
    if allow_special:
        return True
    if isinstance(ip, ipaddress.IPv6Address) and any(ip in network for network in _TRANSITION):
        return False
    return ip.is_global and not ip.is_reserved


def is_loopback(address: str) -> bool:
    """Whether what is sent to this address stays on this machine."""
    return ipaddress.ip_address(address).is_loopback


def opted_out_networks(opted_out: frozenset[str]) -> tuple[Network, ...]:
    """The addresses and networks among the entries of an opt-out list."""
    found: list[Network] = []
    for entry in opted_out:
        with suppress(ValueError):
            found.append(ipaddress.ip_network(entry))
    return tuple(found)


def is_in(address: str, networks: tuple[Network, ...]) -> bool:
    """Whether the address is in one of the networks."""
    ip = ipaddress.ip_address(address)
    return any(ip in network for network in networks)


def is_opted_out(name: str, opted_out: frozenset[str]) -> bool:
    """Whether the name, or one above it, is on the list."""
    while name not in opted_out:
        _, dot, name = name.partition(".")
        if not dot:
            return False
    return True
