"""From an accepted message to the Answer: the outcome is `dnstats.answer.classify`'s alone."""

from __future__ import annotations

import struct

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason, classify
from dnstats.scan.server import Lookup, Server


def stored(data: bytes, section: bytes) -> bytes:
    """The message as it is kept: ID zeroed and the question's case folded.

    Both are random, ours, and would cost a tenth of the archive.
    """
    return b"\0\0" + data[2:12] + section + data[12 + len(section) :]


_FIXED = struct.Struct("!HHIH")
_OPT_FIXED = struct.Struct("!BHHBBHH")  # root, OPT, size, extended rcode, version, flags, length
_TO_QUESTION = b"\xc0\x0c"
_QUESTION_AT = 12
_SHORT_CUTS = frozenset((wire.NOERROR, wire.NXDOMAIN))
_DENYING = frozenset((wire.NSEC, wire.NSEC3, wire.RRSIG))
_PROVEN_ABOVE = frozenset((wire.SOA, wire.DS))  # an SOA at the very name does not deny these


def glance(lookup: Lookup, message: bytes) -> Outcome | None:
    """The outcome of a message of the usual form, without walking it; None for any other.

    The usual form: answers that all stand at the question's own name and are no aliases, an SOA
    at or above it, with what DNSSEC adds to prove a denial, an OPT record, nothing else. That is
    nine of ten messages of a resolver, at a sixth of the cost. It never differs from `classify`:
    what it does not know it leaves to it.
    """
    rcode = message[3] & 0xF
    if rcode not in _SHORT_CUTS or message[10:12] > b"\0\1" or message[8]:
        return None
    question = lookup.question
    rdtype = question.rdtype
    offset = 12 + len(lookup.section)
    limit = len(message)
    is_present = False
    for _ in range(message[6] << 8 | message[7]):
        if message[offset : offset + 2] != _TO_QUESTION or offset + 12 > limit:
            return None
        kind, rdclass, _ttl, length = _FIXED.unpack_from(message, offset + 2)
        if kind == wire.CNAME or rdclass != 1:
            return None
        is_present = is_present or kind == rdtype
        offset += 12 + length
    if not is_present and not message[9]:
        return None  # nothing that proves the absence
    if message[9] == 1:
        if offset + 12 > limit or message[offset] != 0xC0:
            return None
        owner = message[offset + 1]
        kind, rdclass, _ttl, length = _FIXED.unpack_from(message, offset + 2)
        if kind != wire.SOA or rdclass != 1 or not _is_label(lookup.section, owner - 12):
            return None
        if owner == _QUESTION_AT and (rcode or rdtype in _PROVEN_ABOVE):
            return None
        offset += 12 + length
    elif message[9]:
        offset = _behind_signed_denial(lookup.section, rdtype, message, offset)
        if not offset:
            return None
    if message[11]:
        if offset + 11 > limit:
            return None
        root, kind, _size, high, _version, _flags, length = _OPT_FIXED.unpack_from(message, offset)
        offset += 11 + length
        if root or kind != wire.OPT or high or length:
            return None  # options may be errors that must be read
    if offset > limit or (question.server and not message[2] & 0x04):
        return None
    if is_present:
        return Outcome.PRESENT
    return Outcome.NXDOMAIN if rcode else Outcome.NODATA


def _behind_signed_denial(section: bytes, rdtype: int, message: bytes, offset: int) -> int:
    """Behind an authority section of SOA, NSEC or NSEC3 and their signatures; 0 for any other.

    Their owners are labels of the question's name, one label below such a one (a hash, a
    neighbour), or an owner that was seen before (RFC 4035 section 3.1.3, RFC 5155 section 7.2).
    """
    limit = len(message)
    below: set[int] = set()  # where owners stand that have a label of their own
    is_proven = False
    for _ in range(message[9]):
        if offset + 12 > limit:
            return 0
        start = offset
        own = message[offset]
        if 0 < own <= wire.MAX_LABEL:
            offset += 1 + own
            if offset + 12 > limit or own + len(section) > wire.MAX_NAME:
                return 0
        if message[offset] < 0xC0:
            return 0
        target = (message[offset] & 0x3F) << 8 | message[offset + 1]
        is_label = _is_label(section, target - _QUESTION_AT)
        if not is_label and (offset > start or target not in below):
            return 0
        kind, rdclass, _ttl, length = _FIXED.unpack_from(message, offset + 2)
        if rdclass != 1 or kind == rdtype:
            return 0
        if offset > start:
            below.add(start)
        if kind == wire.SOA:
            if not is_label or offset > start:
                return 0
            if target == _QUESTION_AT and (message[3] & 0xF or rdtype in _PROVEN_ABOVE):
                return 0
            is_proven = True
        elif kind not in _DENYING:
            return 0
        offset += 12 + length
    return offset if is_proven else 0


def _is_label(section: bytes, place: int) -> bool:
    """Whether a label of the question's name begins at this place."""
    at = 0
    end = len(section) - 4
    while 0 <= at < place and at < end:
        at += 1 + section[at]
    return at == place and at < end


def read_reply(lookup: Lookup, data: bytes, now: float, *, tcp: bool) -> Answer | None:
    """The answer that an accepted message is; None when nobody can read it."""
    message = stored(data, lookup.section)
    question: Question = lookup.question
    burst = lookup.burst
    server: Server | None
    if burst is not None:
        sends, sent_at, server = 1, burst.at, burst.server
    else:
        sends, sent_at, server = lookup.sends, lookup.sent_at, lookup.server
    rtt_ms = (now - sent_at) * 1000.0
    seen = glance(lookup, message)
    if seen is not None:
        return Answer(
            question,
            seen,
            None,
            message[3] & 0xF,
            (),
            message[2] & 0x04 != 0,
            message[3] & 0x20 != 0,
            tcp,
            sends,
            rtt_ms,
            server.address if server else "",
            message,
        )
    try:
        walked = wire.parse(message)
        outcome, reason = classify(walked, question)
    except wire.Malformed:
        return None
    if reason is Reason.MALFORMED:
        return None
    return Answer(
        question,
        outcome,
        reason,
        walked.rcode,
        walked.ede,
        walked.aa,
        walked.ad,
        tcp,
        sends,
        rtt_ms,
        server.address if server else "",
        message,
    )


def failed(lookup: Lookup, reason: Reason, *, tcp: bool = False) -> Answer:
    """The answer of a question that nothing acceptable came back for."""
    server = lookup.server
    evidence = lookup.evidence
    if reason is Reason.TIMEOUT and not lookup.sends:
        reason = Reason.SERVER_SILENT  # nobody waited for an answer
    rcode = evidence[3] & 0xF if len(evidence) >= 12 and reason is not Reason.MALFORMED else None
    return Answer(
        lookup.question,
        Outcome.NOT_MEASURED,
        reason,
        rcode=rcode,
        tcp=tcp,
        attempts=lookup.sends,
        server=server.address if server else lookup.question.server,
        message=b"\0\0" + evidence[2:] if evidence else b"",
    )


def not_sent(question: Question, reason: Reason) -> Answer:
    """The answer of a question that was never sent, and why not."""
    return Answer(question, Outcome.NOT_MEASURED, reason, attempts=0, server=question.server)
