"""What a rule is, and how rules are applied: absence, abstention and points are decided here, once.

A rule is one decorated function. Its parameters are record families by name; the annotation says
when it applies: `spf: Spf` only where there is a record, `spf: Spf | None` also where a server said
that there is none. What was not measured is never judged: the rule abstains.
"""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from dnstats.answer import Reason
from dnstats.grade.scale import POINTS, Severity
from dnstats.records.record import NotMeasured, Reading

Readings = Mapping[str, Reading | None]
"""A site's record families by name; a missing key is the same as not measured."""

MAX_EVIDENCE = 500  # characters kept of what a rule found; records can be 64 kB


class Abstain(msgspec.Struct, frozen=True):
    """Returned by a rule when a part of what it needs was not measured; says which part."""

    why: str


Verdict = str | Abstain | None
"""What a rule returns: what is wrong (the evidence), that it cannot tell, or nothing wrong."""

Example = Mapping[str, object]
"""Families by name for one example: a Reading, None, or text that the family's parser reads."""


class Remark(msgspec.Struct, frozen=True):
    """One fault found at one site."""

    code: str
    family: str
    severity: Severity
    points: int  # lost in the family's grade, before the floor at 0
    evidence: str


class Rule(msgspec.Struct, frozen=True):
    """A rule with its documentation and examples."""

    code: str
    family: str
    severity: Severity
    reference: str  # URL of the section that says so
    title: str  # first line of the docstring
    help: str  # the rest: what happens, and the cure
    reads: tuple[str, ...]  # families, in the order of the parameters
    judges_absence: tuple[bool, ...]  # per parameter
    judge: Callable[..., Verdict]
    passes: Sequence[Example]
    fails: Sequence[Example]

    def apply(self, readings: Readings) -> Remark | Abstain | None:
        """Judge one site. None when the rule is kept or does not apply."""
        given = Needs(self.reads, self.judges_absence).take(readings)
        if given is None or isinstance(given, Abstain):
            return given
        return self.conclude(self.judge(*given))

    def conclude(self, verdict: Verdict) -> Remark | Abstain | None:
        """What the rule's own word comes to."""
        if verdict is None or isinstance(verdict, Abstain):
            return verdict
        evidence = verdict if len(verdict) <= MAX_EVIDENCE else verdict[: MAX_EVIDENCE - 1] + "…"
        return Remark(self.code, self.family, self.severity, POINTS[self.severity], evidence)


class Needs(NamedTuple):
    """What a rule reads; most rules of a family need the same."""

    reads: tuple[str, ...]
    judges_absence: tuple[bool, ...]

    def take(self, readings: Readings) -> list[Reading | None] | Abstain | None:
        """A site's readings for such a rule; None when it does not apply to the site."""
        given: list[Reading | None] = []
        for family, judges_absence in zip(self.reads, self.judges_absence, strict=True):
            reading = readings.get(family, _MISSING)
            if isinstance(reading, NotMeasured):
                return Abstain(f"{family}: {reading.reason}")
            if reading is None and not judges_absence:
                return None
            given.append(reading)
        return given


_MISSING = NotMeasured(Reason.NOT_ASKED)

RULES: dict[str, Rule] = {}
"""Every rule by code, filled as `grade.rules` is imported. Codes are never reused."""


def rule(
    code: str,
    severity: Severity,
    *,
    reference: str,
    passes: Sequence[Example],
    fails: Sequence[Example],
) -> Callable[[Callable[..., Verdict]], Callable[..., Verdict]]:
    """Register a function as the rule `code` of the family whose file or folder it stands in."""

    def register(judge: Callable[..., Verdict]) -> Callable[..., Verdict]:
        if code in RULES:
            raise ValueError(f"rule {code} exists twice: give the new one a code of its own")
        title, _, rest = inspect.cleandoc(judge.__doc__ or "").partition("\n")
        hints = typing.get_type_hints(judge)
        hints.pop("return", None)
        RULES[code] = Rule(
            code=code,
            family=_family(judge.__module__),
            severity=severity,
            reference=reference,
            title=title,
            help=rest.strip(),
            reads=tuple(hints),
            judges_absence=tuple(_takes_none(hint) for hint in hints.values()),
            judge=judge,
            passes=passes,
            fails=fails,
        )
        return judge

    return register


def _family(module: str) -> str:
    """`dnstats.grade.rules.spf.syntax` and `dnstats.grade.rules.caa`: the name below `rules`."""
    _, is_rules, below = module.partition(".rules.")
    return below.partition(".")[0] if is_rules else module.rpartition(".")[2]


def _takes_none(hint: Any) -> bool:
    is_union = isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union
    return is_union and type(None) in typing.get_args(hint)


@functools.cache
def rules_of(family: str) -> tuple[Rule, ...]:
    """A family's rules, by code."""
    return tuple(RULES[code] for code in sorted(RULES) if RULES[code].family == family)


@functools.cache
def rules_by_needs(family: str) -> tuple[tuple[Needs, tuple[Rule, ...]], ...]:
    """A family's rules, those together that need the same: it is looked up once a site."""
    found: dict[Needs, list[Rule]] = {}
    for rule in rules_of(family):
        found.setdefault(Needs(rule.reads, rule.judges_absence), []).append(rule)
    return tuple((needs, tuple(rules)) for needs, rules in found.items())
