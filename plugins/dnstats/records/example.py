"""Answers made from a few lines of text: what the examples of rules are read from.

They are real messages, read by the same code as the internet's. Nothing here is used in a run.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question
from dnstats.records.record import Look

Zone = Mapping[tuple[str, int], Sequence[bytes]]
"""RDATA by canonical name and type."""

_FLAGS = 0x8180  # QR, RD, RA
_AD = 0x0020
_TTL = 3600  # seconds
_PROOF = b"\0" + struct.pack("!HHIH", wire.SOA, 1, _TTL, 22) + bytes(22)  # the root's SOA


def look_in(zone: Zone, *, is_secure: bool = False) -> Look:
    """A look into a zone: what is not in it is absent, and nothing is unmeasured."""

    def look(question: Question) -> Answer:
        rdata = zone.get((question.name, question.rdtype), ())
        return Answer(
            question,
            Outcome.PRESENT if rdata else Outcome.NODATA,
            rcode=wire.NOERROR,
            ad=is_secure,
            message=_message(question, rdata, is_secure=is_secure),
        )

    return look


def txt_zone(published: Mapping[str, Sequence[str]]) -> Look:
    """A look into a zone of TXT records."""
    return look_in(
        {
            (name, wire.TXT): tuple(txt_rdata(text.encode()) for text in texts)
            for name, texts in published.items()
        }
    )


def txt_rdata(text: bytes) -> bytes:
    """TXT data for a text, in strings of at most 255 octets."""
    strings = [text[i : i + 255] for i in range(0, len(text), 255)] or [b""]
    return b"".join(bytes((len(string),)) + string for string in strings)


def _message(question: Question, rdata: Sequence[bytes], *, is_secure: bool) -> bytes:
    flags = _FLAGS | (_AD if is_secure else 0)
    proof = b"" if rdata else _PROOF
    head = struct.pack("!6H", 0, flags, 1, len(rdata), bool(proof), 0)
    asked = wire.write_name(question.name) + struct.pack("!HH", question.rdtype, 1)
    records = (
        struct.pack("!HHHIH", 0xC00C, question.rdtype, 1, _TTL, len(data)) + data for data in rdata
    )
    return head + asked + b"".join(records) + proof
