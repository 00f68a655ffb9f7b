"""Messages and names as bytes: any bytes end as a value or Malformed; text and wire agree."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain

import dns.message
import dns.name
import pytest
from dnstats.wire import (
    BadName,
    Malformed,
    canonical,
    has_edns,
    parents,
    parse,
    parse_answer,
    read_name,
    show,
    split_name,
    write_name,
)
from hypothesis import given
from hypothesis import strategies as st

labels = st.binary(min_size=1, max_size=63)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """Messages with records in all sections, owners plain and compressed, often an OPT."""
    name = st.lists(st.binary(min_size=1, max_size=3), max_size=2).map(
        lambda parts: b"".join(bytes((len(part),)) + part for part in parts) + b"\0"
    )
    owner = st.one_of(name, st.sampled_from([b"\xc0\x0c", b"\xc0\x0d", b"\x01a\xc0\x0c"]))
    kinds = st.sampled_from([b"\0\x01", b"\0\x05", b"\0\x29"])
    record = st.builds(
        lambda at, kind, data: at + kind + b"\0\x01\0\0\0\x05" + len(data).to_bytes(2) + data,
        owner, kinds, st.binary(max_size=4),
    )  # fmt: skip
    sections = [draw(st.lists(record, max_size=3)) for _ in range(3)]
    questions = draw(st.lists(name.map(lambda at: at + b"\0\x01\0\x01"), max_size=2))
    counts = b"".join(len(part).to_bytes(2) for part in (questions, *sections))
    return b"\0\0\x81\x80" + counts + b"".join(chain(questions, *sections))


@given(st.lists(labels, max_size=5))
def test_a_name_survives_the_way_to_text_and_back_in_lower_case(parts: list[bytes]) -> None:
    wire_form = b"".join(bytes((len(part),)) + part for part in parts) + b"\0"
    if len(wire_form) > 255:
        with pytest.raises(Malformed, match="255"):
            read_name(wire_form, 0)
        return
    text, end = read_name(wire_form, 0)
    assert end == len(wire_form)
    assert write_name(text) == b"".join(bytes((len(p),)) + p.lower() for p in parts) + b"\0"
    assert canonical(text) == text
    assert text.isprintable()


@given(st.lists(labels, min_size=1, max_size=3))
def test_text_means_the_same_to_dnspython(parts: list[bytes]) -> None:
    text = read_name(b"".join(bytes((len(p),)) + p for p in parts) + b"\0", 0)[0]
    assert dns.name.from_text(text + ".").labels == (*[p.lower() for p in parts], b"")


@given(st.binary(max_size=120))
def test_any_bytes_end_as_a_message_or_as_malformed(data: bytes) -> None:
    try:
        message = parse(data)
    except Malformed:
        return
    assert message.wire == data


@given(st.one_of(st.binary(max_size=120), messages()))
def test_a_walk_of_the_answers_alone_finds_what_the_whole_walk_finds(data: bytes) -> None:
    try:
        whole = parse(data)
    except Malformed:
        with suppress(Malformed):  # what is broken further behind may go unnoticed
            parse_answer(data)
            has_edns(data)
        return
    assert parse_answer(data).answer == whole.answer
    assert has_edns(data) == whole.edns


@given(st.binary(max_size=80), st.integers(0, 80))
def test_any_bytes_end_as_a_name_or_as_malformed(data: bytes, offset: int) -> None:
    try:
        name, _ = read_name(data, offset)
    except Malformed:
        return
    split_name(name)


@pytest.mark.parametrize(
    ("wire_form", "offset"),
    [
        (b"\xc0\x00", 0),  # points to itself
        (b"\x01a\xc0\x00", 0),  # points back to where it began
        (b"\x01a\xc0\x05\x01b\xc0\x00", 4),  # forwards
        (b"\x40a\0", 0),  # reserved label type
        (b"\xc0", 0),
        (b"\x05ab", 0),
        (b"", 0),
    ],
)
def test_names_that_loop_or_break_off_are_malformed(wire_form: bytes, offset: int) -> None:
    with pytest.raises(Malformed):
        read_name(wire_form, offset)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("a..b", "empty label"),
        (".a", "empty label"),
        ("", "empty"),
        ("x" * 64 + ".com", "63"),
        (".".join(["x" * 60] * 5), "255"),
        ("bücher.example", "xn--"),
        ("a\\25", "escape"),
        ("a\\999b", "255"),
        ("a\\", "backslash"),
    ],
)
def test_text_that_cannot_be_a_name_says_why(name: str, why: str) -> None:
    with pytest.raises(BadName, match=why):
        write_name(name)


def test_a_name_of_a_label_a_pointer_is_read_and_a_chain_of_pointers_is_not() -> None:
    longest = b"\0" + b"".join(
        b"\1a" + (0xC000 | max(0, at * 4 - 3)).to_bytes(2) for at in range(127)
    )
    name, end = read_name(longest, len(longest) - 4)
    assert (name.count("a"), end) == (127, len(longest))
    chain_of_them = b"\0" + b"".join(
        (0xC000 | max(0, at * 2 - 1)).to_bytes(2) for at in range(8000)
    )
    with pytest.raises(Malformed, match="pointers"):
        read_name(chain_of_them, len(chain_of_them) - 2)


def test_parents_stop_before_the_root() -> None:
    assert parents("a\\.b.example.co.uk") == ["example.co.uk", "co.uk", "uk"]
    assert parents(".") == []


@given(st.binary(max_size=60))
def test_show_is_printable_and_can_be_turned_back(data: bytes) -> None:
    text = show(data)
    assert text.isprintable()
    assert _unshow(text) == data


def _unshow(text: str) -> bytes:
    out, rest = bytearray(), iter(text)
    for character in rest:
        if character != "\\":
            out += character.encode()
        elif (following := next(rest)) == "\\":
            out += b"\\"
        else:
            out.append(int(following + next(rest) + next(rest)))
    return bytes(out)


def test_the_walker_agrees_with_dnspython_on_a_signed_answer() -> None:
    text = """id 1
opcode QUERY
rcode NXDOMAIN
flags QR AA TC RD RA AD CD
edns 0
eflags DO
payload 1232
option EDE 22
;QUESTION
WWW.example. IN A
;ANSWER
www.example. 60 IN CNAME a.example.
a.example. 30 IN A 192.0.2.1
;AUTHORITY
example. 5 IN SOA ns.example. host.example. 1 2 3 4 5
"""
    message = parse(dns.message.from_text(text.replace("option EDE 22\n", "")).to_wire())
    assert (message.rcode, message.question) == (3, ("www.example", 1))
    assert all((message.qr, message.aa, message.tc, message.rd, message.ra, message.ad, message.cd))
    assert [rr.name for rr in message.answer] == ["www.example", "a.example"]
    assert [rr.rdtype for rr in message.authority] == [6]
    assert message.edns
