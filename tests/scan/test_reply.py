"""The short cut through usual messages agrees with the full walk, on anything."""

from __future__ import annotations

import struct

from dnstats import wire
from dnstats.answer import Outcome, Question, classify
from dnstats.scan.query import question_section
from dnstats.scan.reply import glance, read_reply, stored
from dnstats.scan.server import Lookup
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scan.test_recorded import messages, question_of

NAME = "www.example.com"
SECTION = question_section(NAME, wire.TXT)
POINTERS = st.sampled_from(
    [b"\xc0\x0c", b"\xc0\x10", b"\xc0\x18", b"\xc0\x0d", b"\xc0\x1c", b"\xc0\xff", b"\0", b"\1a\0"]
)
KINDS = st.sampled_from([wire.TXT, wire.CNAME, wire.SOA, wire.NS, wire.RRSIG, wire.OPT, wire.A])


@st.composite
def records(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from([b"", b"\x02hi", b"\xc0\x0c", bytes(22), b"\0\x0f\0\x02\0\x06"]))
    length = draw(st.sampled_from([len(data)] * 6 + [len(data) + 1, 0]))
    rdclass = draw(st.sampled_from([1] * 5 + [3, 1232]))
    fixed = struct.pack(
        "!HHIH", draw(KINDS), rdclass, draw(st.sampled_from([0, 300, 1 << 24])), length
    )
    return draw(POINTERS) + fixed + data


@st.composite
def replies(draw: st.DrawFn) -> bytes:
    sections = [draw(st.lists(records(), max_size=most)) for most in (3, 2, 2)]
    counts = [len(section) + draw(st.sampled_from([0] * 8 + [1])) for section in sections]
    flags = 0x8000 | draw(st.sampled_from([0, 0x400, 0x20, 0x420])) | draw(st.integers(0, 5))
    head = struct.pack("!HHHHHH", 0, flags, 1, *counts)
    body = b"".join(b"".join(section) for section in sections)
    message = head + SECTION + body
    return message[: draw(st.sampled_from([len(message)] * 6 + [len(message) - 1]))]


def agree(lookup: Lookup, message: bytes) -> bool:
    """Whether the short cut was taken; fails where it differs from the walk."""
    seen = glance(lookup, message)
    if seen is None:
        return False
    walked = wire.parse(message)  # what cannot be parsed must not be known at a glance
    assert (seen, None) == classify(walked, lookup.question)
    assert walked.ede == ()
    answer = read_reply(lookup, message, 1.0, tcp=False)
    assert answer is not None
    assert (answer.rcode, answer.aa, answer.ad) == (walked.rcode, walked.aa, walked.ad)
    answer.rrset()
    return True


HASHED = b"\x20" + b"h" * 32 + b"\xc0\x10"
SOUND = (b"\xc0\x0c", b"\xc0\x10", b"\1a\xc0\x10", HASHED)
OWNERS = (
    *SOUND, b"\xc0\x18", b"\xc0\x0d", b"\0", b"\1a\0", b"\2bb\1a\xc0\x10",
    b"\x3f" + b"z" * 63 + b"\xc0\x0c", b"\x40a\xc0\x10",
)  # fmt: skip
DENYING = (wire.SOA, wire.NSEC, wire.NSEC3, wire.RRSIG)


@st.composite
def denials(draw: st.DrawFn) -> bytes:
    """Denials of a signed zone, sound or nearly so: pointers to earlier owners, a fault or two."""
    is_sound = draw(st.booleans())
    kinds = DENYING if is_sound else (*DENYING, wire.NS, wire.TXT)
    flags = 0x8180 | draw(st.sampled_from([0, 3]))
    apex = draw(st.sampled_from([b"\xc0\x10", b"\xc0\x10", b"\xc0\x0c"]))
    body = apex + struct.pack("!HHIH", wire.SOA, 1, 300, 22) + bytes(22)
    start = 12 + len(SECTION)
    places: list[int] = []
    count = draw(st.integers(1, 5))
    for _ in range(count):
        earlier = tuple(struct.pack("!H", 0xC000 | place) for place in places)
        owner = draw(st.sampled_from((SOUND if is_sound else OWNERS) + earlier))
        if len(owner) > 2:
            places.append(start + len(body))
        data = draw(st.sampled_from([b"", b"\1x\xc0\x10\0\1\x40", bytes(22)]))
        rdclass = 1 if is_sound else draw(st.sampled_from([1, 1, 1, 3]))
        length = len(data) + (0 if is_sound else draw(st.sampled_from([0] * 5 + [1])))
        kind = draw(st.sampled_from(kinds))
        body += owner + struct.pack("!HHIH", kind, rdclass, 300, length) + data
    opt = b"\0" + struct.pack("!HHIH", wire.OPT, 1232, 0x8000, 0)
    return struct.pack("!HHHHHH", 0, flags, 1, 0, count + 1, 1) + SECTION + body + opt


@settings(max_examples=800, deadline=None)
@given(message=denials(), rdtype=st.sampled_from([wire.TXT, wire.DS, wire.SOA, wire.NSEC]))
def test_nor_does_it_for_denials_of_signed_zones(message: bytes, rdtype: int) -> None:
    section = question_section(NAME, rdtype)
    message = message[:12] + section + message[12 + len(section) :]
    for server in ("", "192.0.2.1"):
        agree(Lookup(Question(NAME, rdtype, server), section), message)


@settings(max_examples=800, deadline=None)
@given(message=replies(), server=st.sampled_from(["", "192.0.2.1"]))
def test_the_short_cut_never_differs_from_the_walk(message: bytes, server: str) -> None:
    agree(Lookup(Question(NAME, wire.TXT, server), SECTION), message)


def test_the_short_cut_is_taken_for_usual_messages() -> None:
    lookup = Lookup(Question(NAME, wire.TXT), SECTION)
    opt = b"\0" + struct.pack("!HHIH", wire.OPT, 1232, 0x8000, 0)
    txt = b"\xc0\x0c" + struct.pack("!HHIH", wire.TXT, 1, 300, 3) + b"\x02hi"
    soa = b"\xc0\x10" + struct.pack("!HHIH", wire.SOA, 1, 300, 22) + bytes(22)
    signature = b"\xc0\x10" + struct.pack("!HHIH", wire.RRSIG, 1, 300, 20) + bytes(20)
    hashed = (
        b"\x20" + b"h" * 32 + b"\xc0\x10" + struct.pack("!HHIH", wire.NSEC3, 1, 300, 5) + bytes(5)
    )
    at_hash = struct.pack("!H", 0xC000 | (12 + len(SECTION) + len(soa) + len(signature)))
    hash_signature = at_hash + struct.pack("!HHIH", wire.RRSIG, 1, 300, 20) + bytes(20)
    signed = soa + signature + hashed + hash_signature
    for flags, counts, body, outcome in (
        (0x8183, (0, 4, 1), signed + opt, Outcome.NXDOMAIN),
        (0x81A0, (0, 4, 1), signed + opt, Outcome.NODATA),
        (0x8180, (1, 0, 1), txt + opt, Outcome.PRESENT),
        (0x8180, (0, 1, 1), soa + opt, Outcome.NODATA),
        (0x8183, (0, 1, 1), soa + opt, Outcome.NXDOMAIN),
    ):
        message = struct.pack("!HHHHHH", 0, flags, 1, *counts) + SECTION + body
        assert glance(lookup, message) is outcome


def test_on_recorded_messages_it_agrees_too() -> None:
    taken = 0
    for message in messages():
        found = question_of(message, "192.0.2.1")
        if found is not None:
            question, _ = found
            section = question_section(question.name, question.rdtype)
            taken += agree(Lookup(question, section), stored(message, section))
    assert taken > 200


def test_a_denial_of_an_unusual_form_is_left_to_the_walk() -> None:
    nsec = b"\xc0\x0c" + struct.pack("!HHIH", wire.NSEC, 1, 300, 4) + bytes(4)
    soa = b"\xc0\x0c" + struct.pack("!HHIH", wire.SOA, 1, 300, 22) + bytes(22)
    below = b"\x3f" + b"h" * 63 + nsec
    long = ".".join(["l" * 50] * 4)
    for name, rdtype, body in (
        (NAME, wire.TXT, nsec + nsec),  # no SOA
        (NAME, wire.DS, soa + nsec),  # the SOA of the child, which knows nothing of its DS
        (long, wire.TXT, soa + below),  # an owner of more than 255 octets
    ):
        section = question_section(name, rdtype)
        message = struct.pack("!HHHHHH", 0, 0x8180, 1, 0, 2, 0) + section + body
        assert glance(Lookup(Question(name, rdtype), section), message) is None
