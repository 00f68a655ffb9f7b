"""Short ways for tests to run a scan and look at what was recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dnstats import wire
from dnstats.answer import Answer, Plan, Question, Wanted
from dnstats.scan.progress import ScanReport
from dnstats.scan.scanner import scan
from dnstats.scan.settings import ScanSettings


def quick(*resolvers: str, **changes: Any) -> ScanSettings:
    """Settings for loopback: short times, everything may be asked."""
    values: dict[str, Any] = {
        "resolvers": resolvers,
        "timeout": 0.1,
        "tries": 3,
        "patience": 0.4,
        "server_patience": 0.4,
        "allow_special": True,
        "server_rate": 10_000.0,
        "seed": 7,
        "second_pass": False,
        "control_share": 0.0,
    }
    return ScanSettings(**{**values, **changes})


def ask(*questions: Question) -> Plan:
    """A plan that asks all of them at once."""
    yield questions


class Recorded:
    """What `record` was called with, by question."""

    def __init__(self) -> None:
        self.calls: dict[Question, list[tuple[int, Answer, float]]] = {}

    def __call__(self, answer: Answer, pass_number: int, asked_at: float) -> None:
        self.calls.setdefault(answer.question, []).append((pass_number, answer, asked_at))

    def final(self, question: Question) -> Answer:
        return self.calls[question][-1][1]

    def passes(self, question: Question) -> list[int]:
        return [pass_number for pass_number, _, _ in self.calls[question]]


def run(
    settings: ScanSettings, *questions: Question, plans: Iterable[tuple[str, Wanted]] | None = None
) -> tuple[Recorded, ScanReport]:
    """Scan the questions (or the plans) and give what was recorded."""
    recorded = Recorded()
    if plans is None:
        plans = ((question.name, ask(question)) for question in questions)
    report = scan(plans, settings, recorded)
    return recorded, report


def txt(name: str, server: str = "") -> Question:
    return Question(name, wire.TXT, server)


def ask_one(settings: ScanSettings, name: str = "www.example", server: str = "") -> Answer:
    """The final answer to one TXT question."""
    question = txt(name, server)
    return run(settings, question)[0].final(question)
