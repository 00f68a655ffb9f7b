"""Every rule as a page to read (include/docs/rules.md) and as texts for the report.

    python -m dnstats.grade.catalogue            writes the page
    python -m dnstats.grade.catalogue --check    fails when the page is not what the rules say

All of it comes from the rules themselves: there is nothing to keep up by hand.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

import dnstats.grade.rules  # noqa: F401  (registers every rule)
from dnstats.grade.examples import read_example
from dnstats.grade.rule import RULES, Example, Remark, Rule, rules_of
from dnstats.grade.scale import LETTERS, POINTS, RULES_VERSION, WEIGHTS, Severity
from dnstats.records import load_records
from dnstats.records.record import Reading
from dnstats.settings import ROOT

PAGE = ROOT / "include" / "docs" / "rules.md"
COMMAND = "python -m dnstats.grade.catalogue"
MAX_EXAMPLE = 160  # characters shown of one example


class RuleText(NamedTuple):
    """What a reader is told about one rule."""

    code: str
    family: str
    severity: str
    points: int
    title: str
    help: str
    reference: str


def rule_texts() -> dict[str, RuleText]:
    """Every rule's texts by code."""
    return {
        code: RuleText(
            code, one.family, one.severity.value, POINTS[one.severity], one.title,
            " ".join(one.help.split()), one.reference,
        )
        for code, one in sorted(RULES.items())
    }  # fmt: skip


def write_catalogue() -> str:
    """The page, in Markdown."""
    lines = [*_introduction()]
    for record in load_records():
        rules = rules_of(record.name)
        if rules:
            lines += [f"## {record.title}", ""]
            for rule in rules:
                lines += _section(rule)
    return "\n".join(lines).rstrip() + "\n"


def _introduction() -> Iterable[str]:
    yield "<!-- Made from the rules: change those in plugins/dnstats/grade/rules, then run"
    yield f"     {COMMAND} -->"
    yield "# The rules"
    yield ""
    yield f"{len(RULES)} rules, version {RULES_VERSION}. A record family begins with 100 points and"
    yield "loses those of every remark, down to 0. What was not measured is never judged."
    yield ""
    yield "| severity | points lost |"
    yield "|---|---|"
    yield from (f"| {severity} | {POINTS[severity]} |" for severity in Severity)
    yield ""
    weights = ", ".join(f"{family} {weight}" for family, weight in WEIGHTS.items())
    yield f"Weight in the overall grade: {weights}. A family without a grade does not count."
    yield "What a letter means, and why: [grading.md](grading.md)."
    yield ""
    letters = ", ".join(f"{name} from {lowest}" for lowest, name in LETTERS)
    yield f"Letters: {letters}."
    yield ""


def _section(rule: Rule) -> list[str]:
    points = POINTS[rule.severity]
    lines = [
        f"### {rule.code}: {rule.title}",
        "",
        f"{rule.severity.capitalize()}, {points} points. [Reference]({rule.reference})",
        "",
        *rule.help.splitlines(),
        "",
    ]
    if rule.passes and rule.fails:
        kept, broken = rule.passes[0], rule.fails[0]
        lines += [f"- Passes: {_show(kept, broken)}", f"- Fails: {_show(broken, kept)}"]
        remark = rule.apply(read_example(broken))
        if isinstance(remark, Remark):
            lines.append(f"- Remark: {_code(remark.evidence)}")
    return [*lines, ""]


def _show(example: Example, other: Example) -> str:
    return "; ".join(
        f"{family} {_show_value(value, other.get(family))}" for family, value in example.items()
    )


def _show_value(value: object, other: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return " and ".join(_show_value(one, other) for one in value) or "none"
    return _code(value if isinstance(value, str) else _show_reading(value, other))


def _code(text: str) -> str:
    if len(text) > MAX_EXAMPLE:
        text = text[: MAX_EXAMPLE - 1] + "…"
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


def _show_reading(value: object, other: object) -> str:
    """The fields of a reading in which it differs from the example on the other side."""
    assert isinstance(value, Reading), "an example is text, a tuple of texts, a Reading or None"
    fields = msgspec.to_builtins(value)
    others = msgspec.to_builtins(other) if isinstance(other, Reading) else {}
    told = _unlike(fields, others) if others else fields
    return json.dumps(told, ensure_ascii=False)


def _unlike(value: Any, other: Any) -> Any:
    """What of a value is not the same in another of its shape."""
    if isinstance(value, dict) and isinstance(other, dict):
        return {
            name: _unlike(one, other.get(name)) for name, one in value.items()
            if other.get(name) != one
        }  # fmt: skip
    if isinstance(value, list) and isinstance(other, list) and len(value) == len(other):
        pairs = zip(value, other, strict=True)
        return [_unlike(one, theirs) for one, theirs in pairs if one != theirs]
    if isinstance(value, list) and isinstance(other, list):
        return [one for one in value if one not in other]
    return value


def main(arguments: list[str], page: Path = PAGE) -> int:
    """Write the page, or with `--check` compare it; the process's exit code."""
    text = write_catalogue()
    if arguments == ["--check"]:
        if page.is_file() and page.read_text("utf-8") == text:
            return 0
        print(f"{page} is not what the rules say. Run: {COMMAND}", file=sys.stderr)
        return 1
    if arguments:
        print(f"usage: {COMMAND} [--check]", file=sys.stderr)
        return 2
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, "utf-8")
    print(f"{page}: {len(RULES)} rules")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
