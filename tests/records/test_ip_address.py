"""IP addresses as text, and their special uses."""

from __future__ import annotations

import ipaddress

import pytest
from dnstats.records.ip_address import address_text, is_v6, network_of, special_use
from hypothesis import given
from hypothesis import strategies as st

SPECIAL = {
    "10.1.2.3": "a private address",
    "172.31.255.255": "a private address",
    "192.168.0.1": "a private address",
    "127.0.0.1": "a loopback address",
    "0.0.0.0": "the unspecified address",
    "169.254.1.1": "a link-local address",
    "224.0.0.1": "a multicast address",
    "100.64.0.1": "a carrier-grade NAT address",
    "192.0.2.1": "a documentation address",
    "198.51.100.7": "a documentation address",
    "240.0.0.1": "a private address",
    "255.255.255.255": "a private address",
    "::1": "a loopback address",
    "::": "the unspecified address",
    "fe80::1": "a link-local address",
    "fc00::1": "a private address",
    "ff02::1": "a multicast address",
    "2001:db8::1": "a documentation address",
    "3fff::1": "a documentation address",
    "::ffff:10.0.0.1": "an IPv4-mapped address",
}
PUBLIC = ("8.8.8.8", "198.41.0.4", "172.32.0.1", "100.128.0.1", "2001:503:ba3e::2:30")


@pytest.mark.parametrize(("address", "use"), SPECIAL.items())
def test_special_addresses_are_named(address: str, use: str) -> None:
    assert special_use(address) == use


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_have_no_special_use(address: str) -> None:
    assert special_use(address) == ""


@given(st.binary(min_size=4, max_size=4) | st.binary(min_size=16, max_size=16))
def test_any_address_is_written_canonically_and_has_a_network(rdata: bytes) -> None:
    text = address_text(rdata)
    ip = ipaddress.ip_address(rdata)
    assert text == str(ip)
    assert is_v6(text) == (ip.version == 6)
    assert ip in ipaddress.ip_network(network_of(text))
    special_use(text)


@pytest.mark.parametrize("rdata", [b"", b"\x01\x02\x03", b"\0" * 5, b"\0" * 15, b"\0" * 17])
def test_data_of_another_length_is_no_address(rdata: bytes) -> None:
    assert address_text(rdata) == ""
