"""One HTTPS or SVCB record: its parameters, and whether clients must ignore it. Judges nothing.

Wire form: RFC 9460 section 2.2; parameters: section 7 and 14.3.2.
"""

from __future__ import annotations

import functools
import itertools

import msgspec

from dnstats import wire
from dnstats.records.ip_address import address_text

_KEYS = {
    0: "mandatory", 1: "alpn", 2: "no-default-alpn", 3: "port", 4: "ipv4hint", 5: "ech",
    6: "ipv6hint", 7: "dohpath", 8: "ohttp", 9: "tls-supported-groups",
}  # fmt: skip
_MANDATORY, _ALPN, _NO_DEFAULT_ALPN, _PORT, _V4HINT, _ECH, _V6HINT = range(7)


class Binding(msgspec.Struct, frozen=True):
    """One HTTPS record: an alias (priority 0) or a service."""

    priority: int
    target: str  # "." means the owner itself
    alpn: tuple[str, ...] = ()
    no_default_alpn: bool = False
    port: int | None = None
    v4hint: tuple[str, ...] = ()
    v6hint: tuple[str, ...] = ()
    ech: bool = False
    mandatory: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # names of further parameters
    fault: str = ""  # why clients must ignore the record; "" when it is well formed

    @property
    def is_alias(self) -> bool:
        """AliasMode (RFC 9460 section 2.4.2)."""
        return self.priority == 0


def read_binding(message: bytes, start: int, end: int) -> Binding | None:
    """The record whose data is `message[start:end]`; None when it has no priority and target."""
    if end - start < 3:
        return None
    priority = int.from_bytes(message[start : start + 2])
    try:
        target, offset = wire.read_name(message, start + 2)
    except wire.Malformed:
        return None
    if offset > end:
        return None
    return _read(priority, target, message[offset:end])


@functools.lru_cache(maxsize=4096)
def _read(priority: int, target: str, data: bytes) -> Binding:
    parameters, fault = _split(data)
    alpn = _read_alpn(parameters.get(_ALPN))
    v4hint = _read_hints(parameters.get(_V4HINT), 4)
    v6hint = _read_hints(parameters.get(_V6HINT), 16)
    mandatory = _read_keys(parameters.get(_MANDATORY))
    port = parameters.get(_PORT)
    broken = [
        name
        for name, is_broken in (
            ("alpn", alpn is None),
            ("ipv4hint", v4hint is None),
            ("ipv6hint", v6hint is None),
            ("mandatory", mandatory is None),
            ("port", port is not None and len(port) != 2),
            ("no-default-alpn", bool(parameters.get(_NO_DEFAULT_ALPN))),
        )
        if is_broken
    ]
    missing = [key for key in mandatory or () if key not in parameters]
    if not fault and broken:
        fault = f"the value of {broken[0]} cannot be read"
    if not fault and missing:
        fault = f"{_key_name(missing[0])} is mandatory and not there"
    if not fault and _NO_DEFAULT_ALPN in parameters and not alpn:
        fault = "no-default-alpn without alpn"
    return Binding(
        priority,
        target,
        alpn or (),
        _NO_DEFAULT_ALPN in parameters,
        int.from_bytes(port) if port is not None and len(port) == 2 else None,
        v4hint or (),
        v6hint or (),
        _ECH in parameters,
        tuple(_key_name(key) for key in mandatory or ()),
        tuple(_key_name(key) for key in parameters if key > _V6HINT),
        fault,
    )


def _split(data: bytes) -> tuple[dict[int, bytes], str]:
    """The parameters by key, and why the list is broken; keys must rise (section 2.2)."""
    parameters: dict[int, bytes] = {}
    offset, last = 0, -1
    while offset < len(data):
        key = int.from_bytes(data[offset : offset + 2])
        length = int.from_bytes(data[offset + 2 : offset + 4])
        value = data[offset + 4 : offset + 4 + length]
        if offset + 4 > len(data) or len(value) < length:
            return parameters, "a parameter is cut off"
        if key <= last:
            return parameters, "the parameters are not in order"
        parameters[key] = value
        last, offset = key, offset + 4 + length
    return parameters, ""


def _key_name(key: int) -> str:
    return _KEYS.get(key, f"key{key}")


def _read_alpn(value: bytes | None) -> tuple[str, ...] | None:
    """Protocol identifiers; None when broken (empty counts as broken, section 7.1.1)."""
    if value is None:
        return ()
    found, offset = [], 0
    while offset < len(value):
        length = value[offset]
        one = value[offset + 1 : offset + 1 + length]
        if not one or len(one) < length:
            return None
        found.append(wire.show(one))
        offset += 1 + length
    return tuple(found) or None


def _read_hints(value: bytes | None, size: int) -> tuple[str, ...] | None:
    if value is None:
        return ()
    if not value or len(value) % size:
        return None
    return tuple(address_text(value[at : at + size]) for at in range(0, len(value), size))


def _read_keys(value: bytes | None) -> tuple[int, ...] | None:
    """The keys in "mandatory": in strictly rising order, without itself (section 8)."""
    if value is None:
        return ()
    if not value or len(value) % 2:
        return None
    keys = tuple(int.from_bytes(value[at : at + 2]) for at in range(0, len(value), 2))
    is_rising = all(one < two for one, two in itertools.pairwise(keys))
    return keys if is_rising and _MANDATORY not in keys else None
