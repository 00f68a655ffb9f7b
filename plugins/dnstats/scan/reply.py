"""From an accepted message to the Answer: the outcome is `dnstats.answer.classify`'s alone."""

from __future__ import annotations

from dnstats import wire
from dnstats.answer import Answer, Outcome, Question, Reason, classify
from dnstats.scan.server import Lookup


def stored(data: bytes, section: bytes) -> bytes:
    """The message as it is kept: ID zeroed and the question's case folded.

    Both are random, ours, and would cost a tenth of the archive.
    """
    return b"\0\0" + data[2:12] + section + data[12 + len(section) :]


def read_reply(lookup: Lookup, data: bytes, now: float, *, tcp: bool) -> Answer | None:
    """The answer that an accepted message is; None when nobody can read it."""
    message = stored(data, lookup.section)
    question: Question = lookup.question
    try:
        walked = wire.parse(message)
        outcome, reason = classify(walked, question)
    except wire.Malformed:
        return None
    if reason is Reason.MALFORMED:
        return None
    server = lookup.server
    return Answer(
        question,
        outcome,
        reason,
        walked.rcode,
        walked.ede,
        walked.aa,
        walked.ad,
        tcp,
        lookup.sends,
        (now - lookup.sent_at) * 1000.0,
        server.address if server else "",
        message,
    )


def failed(lookup: Lookup, reason: Reason, *, tcp: bool = False) -> Answer:
    """The answer of a question that nothing acceptable came back for."""
    server = lookup.server
    evidence = lookup.evidence
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
