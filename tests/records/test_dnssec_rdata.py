"""DNSSEC record data: the RFCs' own vectors, dnspython as the second opinion, and any bytes."""

from __future__ import annotations

import struct
import time

import dns.dnssec
import dns.dnssectypes
import dns.name
import dns.rdata
import pytest
from dnstats import wire
from dnstats.answer import Question
from dnstats.records.dnssec_rdata import (
    Denial,
    Ds,
    KeyDigests,
    Nsec3Param,
    Signature,
    key_tag,
    read_denial,
    read_dnskey,
    read_ds,
    read_nsec3param,
    read_signatures,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.zone_answers import SOA, Line, message_answer

# RFC 4034 section 5.4 and RFC 4509 section 2.3
KEY = dns.rdata.from_text(
    "IN",
    "DNSKEY",
    "256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYw"
    "YqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/r"
    "ljwvFw==",
).to_digestable()
SHA1 = "2bb183af5f22588179a53b0a98631fad1a292118"
SHA256 = "d4b7d520e7bb5f0f67674a0cceb1e3e0614b93c4f9e99b8383f6a1e4469da50a"


def test_the_key_of_rfc_4034() -> None:
    key = read_dnskey(KEY)
    assert key is not None
    assert (key.key_tag, key.algorithm, key.flags, key.protocol) == (60485, 5, 256, 3)
    assert key.bits == 1024
    assert key.is_zone_key
    assert not key.is_entry_point
    assert not key.is_revoked


@pytest.mark.parametrize(("digest_type", "digest"), [(1, SHA1), (2, SHA256)])
def test_the_digests_of_rfc_4034_and_4509(digest_type: int, digest: str) -> None:
    ds = Ds(60485, 5, digest_type, digest)
    assert KeyDigests("dskey.example.com", (KEY,)).has(ds) is True
    assert KeyDigests("other.example.com", (KEY,)).has(ds) is False


def test_a_digest_nobody_can_compute_is_unknown() -> None:
    assert KeyDigests("dskey.example.com", (KEY,)).has(Ds(60485, 5, 3, "00")) is None


def test_each_of_many_keys_is_hashed_once_however_many_records_mean_it() -> None:
    """3,248 keys of one tag and as many CDS fit into answers of a zone (CVE-2023-50387)."""
    keys = []
    for number in range(3248):
        head = struct.pack("!HBBH", 256, 3, 8, number)
        keys.append(head + struct.pack("!H", 65535 - key_tag(head + bytes(2))))
    assert {key_tag(key) for key in keys} == {65535}
    known = KeyDigests("example.com", tuple(keys))
    began = time.process_time()
    assert not any(known.has(Ds(65535, 8, 2, f"{number:064x}")) for number in range(3600))
    assert time.process_time() - began < 1.0  # each with each: a minute and a half
    assert known.has(Ds(1, 8, 2, "00")) is False


@given(st.binary(min_size=5, max_size=600), st.sampled_from((1, 2, 4)))
def test_tags_and_digests_agree_with_dnspython(rdata: bytes, digest_type: int) -> None:
    rdata = rdata[:2] + b"\x03" + bytes((rdata[3] or 13,)) + rdata[4:]
    theirs = dns.rdata.from_wire("IN", "DNSKEY", rdata, 0, len(rdata))
    ours = read_dnskey(rdata)
    assert ours is not None
    assert ours.key_tag == key_tag(rdata) == dns.dnssec.key_id(theirs)
    made = dns.dnssec.make_ds(
        dns.name.from_text("Example.COM"),
        theirs,
        dns.dnssectypes.DSDigest(digest_type),
        policy=dns.dnssec.allow_all_policy,
    )
    ds = read_ds(made.to_digestable())
    assert ds is not None
    assert KeyDigests("example.com", (rdata,)).has(ds) is True


@pytest.mark.parametrize(
    ("algorithm", "key", "bits"),
    [
        (8, b"\x03\x01\x00\x01" + b"\x80" + b"\0" * 255, 2048),
        (8, b"\x00\x00\x03\x01\x00\x01" + b"\x80" + b"\0" * 127, 1024),
        (8, b"", 0),
        (8, b"\x00", 0),
        (8, b"\xff\x01", 0),
        (13, b"\0" * 64, 256),
        (14, b"\0" * 96, 384),
        (99, b"\0" * 64, 0),
    ],
)
def test_key_sizes(algorithm: int, key: bytes, bits: int) -> None:
    read = read_dnskey(b"\x01\x01\x03" + bytes((algorithm,)) + key + (b"" if key else b"\0"))
    assert read is not None
    assert read.bits == bits


def test_nsec3param() -> None:
    assert read_nsec3param(bytes.fromhex("0100000a02aabb")) == Nsec3Param(1, 0, 10, "aabb")
    assert read_nsec3param(bytes.fromhex("0100000000")) == Nsec3Param(1, 0, 0, "")
    for broken in ("", "01000000", "0100000a02aa", "0100000a02aabbcc"):
        assert read_nsec3param(bytes.fromhex(broken)) is None


@pytest.mark.parametrize(
    ("inception", "expiration", "lifetime"),
    [(100, 200, 100), (200, 100, -100), (2**32 - 50, 50, 100), (0, 0, 0)],
)
def test_lifetimes_are_counted_round_the_corner(
    inception: int, expiration: int, lifetime: int
) -> None:
    assert Signature("SOA", 13, 1, "example.com", inception, expiration).lifetime == lifetime


SALTY = "1 1 10 aabb 2t7b4g4vsa5smi47k61mv5bv1a22bojr A"


@pytest.mark.parametrize(
    ("line", "denial"),
    [
        (("example.com", "NSEC", "www.example.com. A"), Denial("NSEC")),
        (("a.example.com", "NSEC", "www.example.com. A"), Denial("NSEC")),
        (
            ("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.example.com", "NSEC3", SALTY),
            Denial("NSEC3", 10, True),
        ),
        (("0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.com", "NSEC3", SALTY), None),
        (("com", "NSEC", "net. A"), None),
        (("example.com", "SOA", SOA), None),
    ],
)
def test_the_proof_of_absence(line: Line, denial: Denial | None) -> None:
    answer = message_answer(Question("example.com", wire.CDS), (), [line])
    assert read_denial(answer.message, "example.com") == denial


@given(st.binary(max_size=80))
def test_any_bytes_are_a_value_or_none(rdata: bytes) -> None:
    read_ds(rdata)
    read_dnskey(rdata)
    read_nsec3param(rdata)


@given(st.binary(max_size=60))
def test_signatures_of_any_bytes_never_raise(rdata: bytes) -> None:
    owner = wire.write_name("example.com")
    message = (
        bytes.fromhex("000080000000000100000000")
        + owner
        + bytes.fromhex("002e000100000e10")
        + len(rdata).to_bytes(2)
        + rdata
    )
    for signature in read_signatures(message, "example.com"):
        assert signature.signer.isprintable()
