"""Who waits for what: a question without its final answer, a plan, a site. State of `plans`."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import msgspec

from dnstats.answer import Answer, Question

AnyPlan = Generator[tuple[Question, ...], Any, Answer | None]


class SiteState(msgspec.Struct, eq=False):
    """How far one site is."""

    name: str
    running: int = 0  # plans that have not ended
    asked: int = 0
    is_parked: bool = False


class Asker(msgspec.Struct, eq=False):
    """One plan, and what it waits for. `entry` is set when it serves a second pass."""

    plan: AnyPlan | None  # None: all its questions are asked, nothing follows from the answers
    site: SiteState
    entry: Entry | None = None
    questions: tuple[Question, ...] = ()
    missing: int = 0
    steps: int = 0
    is_cut: bool = False  # not all it asked is asked for it
    is_ahead: bool = False  # only fetches what the second pass of `entry` may want to know


class Entry(msgspec.Struct, eq=False):
    """A question that has no final answer yet. `once`: it gets no second pass of its own."""

    question: Question
    waiters: list[Asker] = []
    once: bool = False
    pass_number: int = 1
    first: Answer | None = None
    second: Answer | None = None
    asked_at: float = 0.0  # in the second pass
    is_parked: bool = False
    is_brisk: bool = False  # its second pass waits no longer than the first
