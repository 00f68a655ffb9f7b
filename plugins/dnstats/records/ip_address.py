"""IP addresses as text: from RDATA, and which special registry they stand in. Asks nobody.

Canonical text everywhere (RFC 5952 for IPv6), so that addresses can be compared as strings.
"""

from __future__ import annotations

import functools
import ipaddress

V4_LENGTH, V6_LENGTH = 4, 16  # octets


@functools.lru_cache(maxsize=65536)
def address_text(rdata: bytes) -> str:
    """The address in A or AAAA data, or "" when the length fits neither."""
    if len(rdata) == V4_LENGTH:
        return ".".join(map(str, rdata))
    if len(rdata) == V6_LENGTH:
        return str(ipaddress.IPv6Address(rdata))
    return ""


@functools.lru_cache(maxsize=65536)
def special_use(address: str) -> str:
    """Why an address cannot serve the public, "" when it can: the name of its special use.

    By the IANA special-purpose registries (RFC 6890) as Python's `ipaddress` holds them.
    """
    ip = ipaddress.ip_address(address)
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    if mapped is not None:
        return "an IPv4-mapped address"
    for is_it, use in (
        (ip.is_unspecified, "the unspecified address"),
        (ip.is_loopback, "a loopback address"),
        (ip.is_link_local, "a link-local address"),
        (ip.is_multicast, "a multicast address"),
        (ip in _SHARED, "a carrier-grade NAT address"),
        (ip in _DOCUMENTATION_V4 or ip in _DOCUMENTATION_V6, "a documentation address"),
        (ip.is_private, "a private address"),
        (ip.is_reserved, "a reserved address"),
        (not ip.is_global, "a special-purpose address"),
    ):
        if is_it:
            return use
    return ""


class _Networks:
    """Membership in a few networks, whatever the family of the address."""

    def __init__(self, *networks: str) -> None:
        self._networks = tuple(ipaddress.ip_network(network) for network in networks)

    def __contains__(self, ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
        return any(ip.version == net.version and ip in net for net in self._networks)


_SHARED = _Networks("100.64.0.0/10")  # RFC 6598
_DOCUMENTATION_V4 = _Networks("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")  # RFC 5737
_DOCUMENTATION_V6 = _Networks("2001:db8::/32", "3fff::/20")  # RFC 3849, RFC 9637


def is_v6(address: str) -> bool:
    """Whether the text is an IPv6 address (it is known to be an address)."""
    return ":" in address


@functools.lru_cache(maxsize=65536)
def network_of(address: str) -> str:
    """The /24 (IPv4) or /48 (IPv6) that an address is routed in at the finest.

    Longer prefixes are not accepted in the global routing table, so two addresses in one of these
    share their fate there.
    """
    length = 48 if is_v6(address) else 24
    return str(ipaddress.ip_network(f"{address}/{length}", strict=False))
