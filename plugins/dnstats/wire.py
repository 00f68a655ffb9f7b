"""DNS messages and names as bytes: a lean walker, an order of magnitude cheaper than full decoding.

Names are text in one canonical form: lower case, no trailing dot, the root is "."; every byte
outside [a-z0-9_-] and the usual printable ASCII is `\\DDD`, a dot inside a label is `\\.`
(RFC 1035 section 5.1, RFC 4343). Whatever bytes come in, the result is a value or `Malformed`;
nothing here knows what a record means.
"""

from __future__ import annotations

import functools
import re
import struct

import msgspec

MAX_NAME = 255  # RFC 1035 section 2.3.4, octets on the wire
MAX_LABEL = 63
MAX_POINTERS = 127  # in one name: as many as it can have labels; nobody needs to point to a pointer

# Type numbers of the records that DNStats asks for (IANA DNS parameters).
A, NS, CNAME, SOA, PTR, MX, TXT, AAAA = 1, 2, 5, 6, 12, 15, 16, 28
DNAME, OPT, DS, RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM = 39, 41, 43, 46, 47, 48, 50, 51
TLSA, CDS, CDNSKEY, SVCB, HTTPS, CAA = 52, 59, 60, 64, 65, 257

TYPE_NAMES = {
    A: "A", NS: "NS", CNAME: "CNAME", SOA: "SOA", PTR: "PTR", MX: "MX", TXT: "TXT", AAAA: "AAAA",
    DNAME: "DNAME", OPT: "OPT", DS: "DS", RRSIG: "RRSIG", NSEC: "NSEC", DNSKEY: "DNSKEY",
    NSEC3: "NSEC3", NSEC3PARAM: "NSEC3PARAM", TLSA: "TLSA", CDS: "CDS", CDNSKEY: "CDNSKEY",
    SVCB: "SVCB", HTTPS: "HTTPS", CAA: "CAA",
}  # fmt: skip

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED = range(6)


class Malformed(ValueError):
    """The bytes are no DNS message, or break off inside one."""


class BadName(ValueError):
    """The text cannot be a name on the wire: the message says why in one sentence."""


class RR(msgspec.Struct, frozen=True, gc=False):
    """One resource record of a message; `start:end` is its RDATA inside the message."""

    name: str
    rdtype: int
    rdclass: int
    ttl: int
    start: int
    end: int


class Message(msgspec.Struct, frozen=True, gc=False):
    """A walked message. `wire` is kept because RDATA may point back into it (compression)."""

    wire: bytes
    rcode: int  # with the extended bits of EDNS (RFC 6891 section 6.1.3)
    qr: bool
    aa: bool
    tc: bool
    rd: bool
    ra: bool
    ad: bool
    cd: bool
    question: tuple[str, int] | None
    answer: tuple[RR, ...]
    authority: tuple[RR, ...]
    additional: tuple[RR, ...]
    edns: bool
    ede: tuple[int, ...]  # RFC 8914 info codes, in order


class AnswerSection(msgspec.Struct, frozen=True, gc=False):
    """A message walked to the end of its answer section and no further."""

    wire: bytes
    answer: tuple[RR, ...]


@functools.lru_cache(maxsize=32768)
def escape_label(label: bytes) -> str:
    """One label in canonical text."""
    if label.isalnum():
        return label.lower().decode("ascii", "replace")
    out = []
    for byte in label.lower():
        if byte in b'.\\"();@$':
            out.append("\\" + chr(byte))
        elif 0x21 <= byte <= 0x7E:
            out.append(chr(byte))
        else:
            out.append(f"\\{byte:03d}")
    return "".join(out)


def read_name(wire: bytes, offset: int) -> tuple[str, int]:
    """The name at `offset` in canonical text, and the offset behind it.

    Compression pointers may only point backwards (RFC 1035 section 4.1.4), which also ends loops;
    to long chains of them, of which 64 kB hold eight seconds of work, MAX_POINTERS puts an end.
    """
    labels: list[str] = []
    behind = -1
    size = 1
    limit = len(wire)
    lowest = offset
    pointers = 0
    while True:
        if offset >= limit:
            raise Malformed("a name runs past the end of the message")
        length = wire[offset]
        if length == 0:
            offset += 1
            break
        if length >= 0xC0:
            if offset + 1 >= limit:
                raise Malformed("a compression pointer is cut off")
            target = (length & 0x3F) << 8 | wire[offset + 1]
            if behind < 0:
                behind = offset + 2
            if target >= lowest:
                raise Malformed("a compression pointer does not point backwards")
            pointers += 1
            if pointers > MAX_POINTERS:
                raise Malformed("a name has more compression pointers than a name has labels")
            lowest = offset = target
            continue
        if length > MAX_LABEL:
            raise Malformed("a label has a reserved type")
        label = wire[offset + 1 : offset + 1 + length]
        if len(label) < length:
            raise Malformed("a label runs past the end of the message")
        size += length + 1
        if size > MAX_NAME:
            raise Malformed("a name is longer than 255 octets")
        labels.append(escape_label(label))
        offset += 1 + length
    return ".".join(labels) or ".", offset if behind < 0 else behind


def split_name(name: str) -> list[bytes]:
    """The labels of a name in text (escapes resolved, case kept); `BadName` when impossible."""
    if name in ("", "."):
        if name == "":
            raise BadName("the name is empty")
        return []
    if "\\" not in name:
        try:
            labels = name.removesuffix(".").encode("ascii").split(b".")
        except UnicodeEncodeError:
            raise BadName("the name has characters outside ASCII; use its xn-- form") from None
    else:
        labels = _split_escaped(name)
    size = 1
    for label in labels:
        if not label:
            raise BadName("the name has an empty label")
        if len(label) > MAX_LABEL:
            raise BadName(f"a label is longer than {MAX_LABEL} octets")
        size += len(label) + 1
    if size > MAX_NAME:
        raise BadName(f"the name is longer than {MAX_NAME} octets")
    return labels


def _split_escaped(name: str) -> list[bytes]:
    labels = [bytearray()]
    rest = iter(name)
    for character in rest:
        if character == ".":
            labels.append(bytearray())
        elif character != "\\":
            if not character.isascii():
                raise BadName("the name has characters outside ASCII; use its xn-- form")
            labels[-1].append(ord(character))
        else:
            following = next(rest, "")
            if following.isdecimal() and following.isascii():
                digits = following + next(rest, "") + next(rest, "")
                if not (len(digits) == 3 and digits.isascii() and digits.isdecimal()):
                    raise BadName("the name has a broken \\DDD escape")
                if int(digits) > 255:
                    raise BadName("the name has a \\DDD escape above 255")
                labels[-1].append(int(digits))
            elif following and following.isascii():
                labels[-1].append(ord(following))
            else:
                raise BadName("the name ends in a backslash")
    if len(labels) > 1 and not labels[-1]:
        labels.pop()  # a trailing dot
    return [bytes(label) for label in labels]


def write_name(name: str) -> bytes:
    """A name in wire form, case kept; `BadName` when it cannot be one."""
    return b"".join(bytes((len(label),)) + label for label in split_name(name)) + b"\0"


_PLAIN = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*").fullmatch


def is_plain(name: str) -> bool:
    """Whether a text is a name without an escape, as nearly every one is: its own canonical text.

    To be asked before the labels of a name are looked at one by one, at ten times the cost.
    """
    return len(name) <= MAX_NAME - 2 and _PLAIN(name) is not None


def canonical(name: str) -> str:
    """Any spelling of a name in the canonical text; `BadName` when it cannot be one."""
    if name.isascii() and is_plain(lower := name.lower()):
        return lower
    labels = split_name(name)
    return ".".join(escape_label(label) for label in labels) or "."


def parents(name: str) -> list[str]:
    """The ancestors of a canonical name, nearest first, without the root."""
    if name == ".":
        return []
    if is_plain(name):
        found = []
        while "." in name:
            name = name[name.index(".") + 1 :]
            found.append(name)
        return found
    labels = split_name(name)
    texts = [escape_label(label) for label in labels]
    return [".".join(texts[i:]) for i in range(1, len(texts))]


_RR_FIXED = struct.Struct("!HHIH")
_HEADER = struct.Struct("!HHHHHH")
_HEADER_SIZE = 12
_NO_RECORDS = b"\0\0"


def parse_answer(wire: bytes) -> AnswerSection:
    """Walk a message that is known to be whole as far as its answer section ends.

    A third of the work of `parse`, for the many readings that need no more. Breaking off further
    behind goes unnoticed here.
    """
    if len(wire) < _HEADER_SIZE:
        raise Malformed("the message is shorter than its header")
    if wire[6:8] == _NO_RECORDS:
        return AnswerSection(wire, ())
    offset = _HEADER_SIZE
    for _ in range(int.from_bytes(wire[4:6])):
        offset = _skip_name(wire, offset) + 4
    return AnswerSection(wire, _read_section(wire, offset, int.from_bytes(wire[6:8]))[0])


def has_edns(wire: bytes) -> bool:
    """Whether a message that is known to be whole holds an OPT record (RFC 6891)."""
    if len(wire) < _HEADER_SIZE:
        raise Malformed("the message is shorter than its header")
    offset = _HEADER_SIZE
    questions, *sections = struct.unpack_from("!4H", wire, 4)
    for _ in range(questions):
        offset = _skip_name(wire, offset) + 4
    in_front, additional = sum(sections[:2]), sections[2]
    for number in range(in_front + additional):
        offset = _skip_name(wire, offset)
        if offset + 10 > len(wire):
            raise Malformed("a record is cut off")
        rdtype, _, _, length = _RR_FIXED.unpack_from(wire, offset)
        if rdtype == OPT and number >= in_front:
            return True
        offset += 10 + length
    return False


def _skip_name(wire: bytes, offset: int) -> int:
    """The offset behind a name, without reading it."""
    limit = len(wire)
    while offset < limit:
        length = wire[offset]
        if length == 0:
            return offset + 1
        if length >= 0xC0:
            return offset + 2
        offset += 1 + length
    raise Malformed("a name runs past the end of the message")


def _name_at(wire: bytes, target: int) -> str:
    """The name that a compression pointer points to.

    Nearly always that of the question, which a chunk holds dozens of times: it is read once.
    """
    if target == _HEADER_SIZE:
        name = _plain_name(wire[target : wire.find(0, target) + 1])
        if name is not None:
            return name
    return read_name(wire, target)[0]


@functools.lru_cache(maxsize=8192)
def _plain_name(wire: bytes) -> str | None:
    """The name, if these bytes are exactly one without compression."""
    try:
        name, end = read_name(wire, 0)
    except Malformed:
        return None
    return name if end == len(wire) else None


def parse(wire: bytes) -> Message:
    """Walk a whole message; `Malformed` when it breaks off. Trailing bytes are ignored."""
    if len(wire) < 12:
        raise Malformed("the message is shorter than its header")
    _id, flags, qdcount, ancount, nscount, arcount = _HEADER.unpack_from(wire)
    offset = 12
    question = None
    for _ in range(qdcount):
        name, offset = read_name(wire, offset)
        if offset + 4 > len(wire):
            raise Malformed("the question is cut off")
        if question is None:
            question = (name, int.from_bytes(wire[offset : offset + 2]))
        offset += 4
    sections: list[tuple[RR, ...]] = []
    for count in (ancount, nscount, arcount):
        records, offset = _read_section(wire, offset, count)
        sections.append(records)
    rcode, edns = flags & 0xF, False
    ede: tuple[int, ...] = ()
    answer, authority, additional = sections
    for rr in additional:
        if rr.rdtype == OPT:
            rcode, edns = rcode | (rr.ttl >> 24 & 0xFF) << 4, True
            ede = _read_ede(wire[rr.start : rr.end])
            break
    return Message(
        wire, rcode, bool(flags & 0x8000), bool(flags & 0x400), bool(flags & 0x200),
        bool(flags & 0x100), bool(flags & 0x80), bool(flags & 0x20), bool(flags & 0x10),
        question, answer, authority, additional, edns, ede,
    )  # fmt: skip


def _read_section(wire: bytes, offset: int, count: int) -> tuple[tuple[RR, ...], int]:
    records = []
    limit = len(wire)
    last_at, last_name, last_end = -1, "", -1
    for _ in range(count):
        # Owner names are nearly always one pointer to the same place: read that place once.
        if offset + 1 < limit and wire[offset] >= 0xC0:
            target = (wire[offset] & 0x3F) << 8 | wire[offset + 1]
            if target != last_at:
                if target >= offset:
                    raise Malformed("a compression pointer does not point backwards")
                last_name = _name_at(wire, target)
                last_at = target
            name, offset = last_name, offset + 2
        else:
            name, offset = read_name(wire, offset)
        if offset + 10 > limit:
            raise Malformed("a record is cut off")
        rdtype, rdclass, ttl, length = _RR_FIXED.unpack_from(wire, offset)
        offset += 10
        last_end = offset + length
        if last_end > limit:
            raise Malformed("a record's data runs past the end of the message")
        records.append(RR(name, rdtype, rdclass, ttl, offset, last_end))
        offset = last_end
    return tuple(records), offset


def _read_ede(options: bytes) -> tuple[int, ...]:
    """The info codes of all Extended DNS Errors (RFC 8914 section 2) in an OPT's data."""
    codes, offset = [], 0
    while offset + 4 <= len(options):
        option = int.from_bytes(options[offset : offset + 2])
        length = int.from_bytes(options[offset + 2 : offset + 4])
        if option == 15 and length >= 2 and offset + 6 <= len(options):
            codes.append(int.from_bytes(options[offset + 4 : offset + 6]))
        offset += 4 + length
    return tuple(codes)


def show(data: bytes) -> str:
    """Any bytes as text that is safe to store and print, and can be turned back.

    Valid UTF-8 stays as it is; every other byte, every control character and every character that
    cannot be printed becomes `\\DDD` per byte, a backslash becomes `\\\\`.
    """
    if data.isascii() and b"\\" not in data:
        text = data.decode("ascii")
        if text.isprintable():
            return text
    out = []
    for character in data.decode("utf-8", "surrogateescape"):
        if character == "\\":
            out.append("\\\\")
        elif character.isprintable():
            out.append(character)
        else:
            raw = character.encode("utf-8", "surrogateescape")
            out.append("".join(f"\\{byte:03d}" for byte in raw))
    return "".join(out)
