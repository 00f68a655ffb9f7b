"""HTTPS records: RFC 9460's own vectors, dnspython as the second opinion, and any bytes."""

from __future__ import annotations

import dns.rdata
import pytest
from dnstats.records.svcb import Binding, read_binding
from hypothesis import given
from hypothesis import strategies as st


def _read(rdata: bytes) -> Binding | None:
    return read_binding(b"\0" * 12 + rdata, 12, 12 + len(rdata))


def _of(text: str) -> Binding:
    binding = _read(dns.rdata.from_text("IN", "HTTPS", text).to_wire())  # type: ignore[arg-type]
    assert binding is not None
    return binding


def test_alias_mode() -> None:
    one = _of("0 foo.example.com.")
    assert one.is_alias
    assert one == Binding(0, "foo.example.com")


def test_every_parameter_is_read() -> None:
    one = _of(
        '16 foo.example.org. mandatory="alpn,ipv4hint" alpn="h2,h3-19" no-default-alpn port=8443 '
        'ipv4hint="192.0.2.1,192.0.2.2" ipv6hint="2001:db8::1" ech="AAT+DQAA" key667="x"'
    )
    assert one == Binding(
        16,
        "foo.example.org",
        alpn=("h2", "h3-19"),
        no_default_alpn=True,
        port=8443,
        v4hint=("192.0.2.1", "192.0.2.2"),
        v6hint=("2001:db8::1",),
        ech=True,
        mandatory=("alpn", "ipv4hint"),
        others=("key667",),
    )


TARGET = b"\x00\x01\x00"  # priority 1, target "."


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        (b"", ""),
        (b"\x00\x01", "a parameter is cut off"),
        (b"\x00\x01\x00\x03\x03h2", "the value of alpn cannot be read"),
        (b"\x00\x01\x00\x05\x02h2", "a parameter is cut off"),
        (b"\x00\x01\x00\x00", "the value of alpn cannot be read"),
        (b"\x00\x01\x00\x01\x00", "the value of alpn cannot be read"),
        (b"\x00\x03\x00\x01\x01", "the value of port cannot be read"),
        (b"\x00\x04\x00\x03\x01\x02\x03", "the value of ipv4hint cannot be read"),
        (b"\x00\x06\x00\x04\x01\x02\x03\x04", "the value of ipv6hint cannot be read"),
        (b"\x00\x02\x00\x00", "no-default-alpn without alpn"),
        (b"\x00\x00\x00\x02\x00\x01", "alpn is mandatory and not there"),
        (b"\x00\x00\x00\x02\x00\x00", "the value of mandatory cannot be read"),
        (b"\x00\x00\x00\x04\x00\x03\x00\x03", "the value of mandatory cannot be read"),
        (
            b"\x00\x03\x00\x02\x01\xbb\x00\x01\x00\x03\x02h2",
            "the parameters are not in order",
        ),
        (
            b"\x00\x03\x00\x02\x01\xbb\x00\x03\x00\x02\x01\xbb",
            "the parameters are not in order",
        ),
    ],
)
def test_what_clients_must_ignore(parameters: bytes, fault: str) -> None:
    one = _read(TARGET + parameters)
    assert one is not None
    assert one.fault == fault


@pytest.mark.parametrize("rdata", [b"", b"\0", b"\0\1", b"\0\1\x05ab", b"\0\1\xc0"])
def test_without_priority_and_target_there_is_no_record(rdata: bytes) -> None:
    assert _read(rdata) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_none(rdata: bytes) -> None:
    one = _read(rdata)
    if one is not None:
        assert all(text.isprintable() for text in (*one.alpn, *one.others, one.target))


@given(st.binary(max_size=80))
def test_what_dnspython_reads_has_no_fault_and_the_same_target(parameters: bytes) -> None:
    rdata = TARGET + parameters
    try:
        theirs = dns.rdata.from_wire("IN", "HTTPS", rdata, 0, len(rdata))
    except Exception:
        return
    ours = _read(rdata)
    assert ours is not None
    assert ours.priority == theirs.priority
    assert ours.fault == ""
