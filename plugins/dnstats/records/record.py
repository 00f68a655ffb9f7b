"""What a record family is: what to ask about a site, and how to read the answers into a value.

A family asks with `questions` (a generator run by the scan, which knows nothing of records, or just
a tuple) and reads with `read` (run by process, which cannot reach the network). Both never raise on
what the internet publishes. Nothing here is good or bad: judging is for `grade`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from dnstats.answer import Answer, Question, Reason, Wanted
from dnstats.wire import TYPE_NAMES


class Site(NamedTuple):
    """An entry of a site list. `domain` is a canonical name."""

    rank: int
    domain: str


class Reading(msgspec.Struct, frozen=True, tag_field="is", tag=str.lower):
    """Base of every value read. Stored as JSON with its class in lower case under the key "is".

    A family's value is the family's own Reading when there is something to read, None when a server
    said that there is nothing, and NotMeasured when nobody could tell. All text in it is printable
    (`wire.show`), so that it can go into JSONB, HTML and CSV writers as it is.
    """


class NotMeasured(Reading, frozen=True):
    """Nobody could tell; never to be taken for absence."""

    reason: Reason
    question: str = ""  # "TXT example.com", "NS example.com at 192.0.2.1"
    ede: tuple[int, ...] = ()
    server: str = ""


Look = Callable[[Question], Answer]
"""Looks a question up among the answers of a chunk; NOT_ASKED when it is not there."""


class Record(NamedTuple):
    """One record family. `value` is the class that `read` returns when there is a record."""

    name: str
    title: str
    value: type[Reading]
    questions: Callable[[Site], Wanted]
    read: Callable[[Site, Look], Reading | None]


def not_measured(answer: Answer) -> NotMeasured:
    """The reading of an answer that is not measured."""
    question = answer.question
    rdtype = TYPE_NAMES.get(question.rdtype, f"TYPE{question.rdtype}")
    at = f" at {question.server}" if question.server else ""
    return NotMeasured(
        answer.reason or (Reason.NO_PROOF if answer.is_unvalidated else Reason.MALFORMED),
        f"{rdtype} {question.name}{at}",
        answer.ede,
        answer.server,
    )
