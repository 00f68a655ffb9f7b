"""DNS messages of the practice internet: reading a query, writing a response.

Hand-made because the lab writes tens of thousands a second. Reads hostile bytes; never raises on
them. RFC 1035 §4, RFC 6891 (EDNS), RFC 8914 (EDE).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import msgspec

from dnstats.lab import rdata
from dnstats.lab.labels import wire
from dnstats.lab.lookup import RRset

QR, AA, TC, RD, RA, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010
MAX_UDP = 1232
HEADER = struct.Struct("!6H")


class Query(msgspec.Struct):
    """A question as asked. `end`: offset behind the question; `size`: the asker's UDP limit."""

    flags: int
    name: str
    rdtype: int
    rdclass: int
    end: int
    edns: bool = False
    dnssec_ok: bool = False
    size: int = 512


def read(data: bytes) -> Query | None:
    """Read a query; None when it is no well-formed message with one question (FORMERR)."""
    _, flags, questions, answers, authority, additional = HEADER.unpack_from(data)
    if questions != 1 or answers or authority or additional > 2:
        return None
    labels, at, total = [], 12, len(data)
    while True:
        if at >= total or data[at] > 63 or at - 12 > 254:
            return None
        if not data[at]:
            break
        labels.append(data[at + 1 : at + 1 + data[at]])
        at += data[at] + 1
    if at + 5 > total:
        return None
    rdtype, rdclass = struct.unpack_from("!2H", data, at + 1)
    name = ".".join([part.lower().replace(b".", b"\xb7").decode("latin-1") for part in labels])
    query = Query(flags, name, rdtype, rdclass, at + 5)
    if additional and not _read_opt(query, data):
        return None
    return query


def _read_opt(query: Query, data: bytes) -> bool:
    """Read the OPT record behind the question; False when what is there is none."""
    at = query.end
    if at + 11 > len(data) or data[at] or data[at + 1 : at + 3] != b"\0\x29":
        return False
    size, _, _, flags, length = struct.unpack_from("!HBBHH", data, at + 3)
    if at + 11 + length > len(data):
        return False
    query.edns, query.size = True, min(max(size, 512), MAX_UDP)
    query.dnssec_ok = bool(flags & 0x8000)
    return True


def _records(query: Query, rrsets: Sequence[RRset]) -> tuple[bytes, int]:
    out, count = [], 0
    asked = wire(query.name)
    for owner, rdtype, ttl, rdatas, _ in rrsets:
        name = wire(owner)
        if asked.endswith(name) and owner:
            name = struct.pack("!H", 0xC000 | (12 + len(asked) - len(name)))
        for raw in rdatas:
            out.append(name + struct.pack("!HHIH", rdtype, 1, ttl, len(raw)) + raw)
            count += 1
    return b"".join(out), count


def write(
    data: bytes,
    query: Query,
    flags: int,
    rcode: int,
    sections: Sequence[Sequence[RRset]] = ((), (), ()),
    ede: int | None = None,
) -> bytes:
    """Write the whole response to `query` (its bytes are `data`); OPT only when it had one."""
    written = [_records(query, section) for section in sections]
    opt = _opt(query, ede) if query.edns else b""
    flags |= QR | (query.flags & RD) | rcode
    head = HEADER.pack(0, flags, 1, *(count for _, count in written[:2]), written[2][1] + bool(opt))
    body = b"".join(raw for raw, _ in written)
    return data[:2] + head[2:] + data[12 : query.end] + body + opt


def _opt(query: Query, ede: int | None) -> bytes:
    option = b"" if ede is None else struct.pack("!HHH", 15, 2, ede)
    flags = 0x8000 if query.dnssec_ok else 0
    return struct.pack("!BHHBBHH", 0, rdata.OPT, MAX_UDP, 0, 0, flags, len(option)) + option


def truncate(response: bytes, query: Query) -> bytes:
    """Return what UDP carries of a response that is too long: nothing but TC=1."""
    flags = struct.unpack_from("!H", response, 2)[0] | TC
    opt = _opt(query, None) if query.edns else b""
    head = HEADER.pack(0, flags, 1, 0, 0, bool(opt))
    return response[:2] + head[2:] + response[12 : query.end] + opt


def formerr(data: bytes, rcode: int = 1) -> bytes:
    """Return the bare error response to a message that could not be read."""
    flags = struct.unpack_from("!H", data, 2)[0]
    return data[:2] + HEADER.pack(0, QR | (flags & (0x7800 | RD)) | rcode, 0, 0, 0, 0)[2:]
