"""A checked domain for a person at a terminal: what it publishes, grades, what to mend and how.

Every text from outside goes through `visible` and into rich as text, never as markup: nothing that
a zone publishes can move the cursor, colour the screen or ring the bell.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from dnstats.answer import Reason
from dnstats.check.checked import Checked, Finding, Part
from dnstats.grade.scale import DOES_NOT_APPLY, NEEDED, WEIGHTS
from dnstats.process.site_run import Status
from dnstats.records.record import NotMeasured
from dnstats.visible import visible

BAR = 10  # characters for 100 points
MOST = 600  # characters shown of one text
MOST_LINES = 12  # shown of a list that can be long

REASONS = {
    Reason.TIMEOUT: "no answer in time",
    Reason.SERVFAIL: "the resolver failed (SERVFAIL)",
    Reason.REFUSED: "refused",
    Reason.FORMERR: "the server could not read the question (FORMERR)",
    Reason.NOTIMP: "not implemented at the server (NOTIMP)",
    Reason.RCODE: "an unusual response code",
    Reason.MALFORMED: "the answer cannot be read",
    Reason.MISMATCH: "what came did not answer the question",
    Reason.LAME: "the server does not speak for the zone (lame)",
    Reason.NO_PROOF: "an answer came without the proof that it needs",
    Reason.ABOVE_CUT: "denied by a zone above one that is there: the resolver contradicts itself",
    Reason.FORGED: "the resolver forged, blocked or filtered the answer, and says so",
    Reason.STALE: "the resolver has only an old answer, and says so",
    Reason.TRUNCATED: "cut off, and not to be had over TCP",
    Reason.UNREACHABLE: "unreachable",
    Reason.ZONE_SILENT: "not sent: the zone stayed silent before",
    Reason.SERVER_SILENT: "not sent: the server stayed silent before",
    Reason.BAD_NAME: "the name cannot be asked for",
    Reason.BAD_SERVER: "the server has an address that must not be asked",
    Reason.ALIAS_LOOP: "aliases that lead round",
    Reason.OPTED_OUT: "the domain asked to be left alone",
    Reason.LIMIT: "more questions than one site may cause",
    Reason.NOT_ASKED: "not asked",
}

_COLOURS = {"A": "green", "B": "green", "C": "yellow", "D": "yellow", "F": "red"}
_SEVERITIES = {
    "critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "notice": "dim",
}  # fmt: skip


def colour_of(letter: str | None) -> str:
    """The colour of a grade's letter."""
    return _COLOURS[letter[0]] if letter else "dim"


def brief(checked: Checked) -> Text:
    """One line: letter, grade, domain, the grade of each family."""
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f"{checked.letter or '-':<3}", f"bold {colour_of(checked.letter)}")
    line.append("  - " if checked.grade is None else f"{checked.grade:>3} ")
    line.append(f" {visible(checked.domain):<30} ", "bold")
    if checked.status is not Status.EXISTS:
        line.append(_overall(checked))
        return line
    for part in checked.families:
        if not WEIGHTS[part.family] or (part.grade is None and part.family not in NEEDED):
            continue
        line.append(f" {label(part.family)} ", "dim")
        line.append(f"{part.letter or '-':<2}", colour_of(part.letter))
    if not checked.is_measured:
        line.append("  not all measured", "yellow")
    return line


def full(checked: Checked) -> RenderableType:
    """The whole report."""
    faults = [one for one in checked.remarks if one.points]
    notices = [one for one in checked.remarks if not one.points]
    blocks = [_head(checked)]
    if checked.status is Status.EXISTS:
        blocks.append(_families(checked.families))
    blocks += _section("What is wrong, and what to mend first", _faults(faults))
    blocks += _section("What the next letter costs", _next_letter(checked))
    blocks += _section("Worth knowing, costs nothing", [_finding(one) for one in notices])
    blocks += _section("Not measured, so not judged", _unmeasured(checked))
    blocks += _section("Questions that nobody answered", _unanswered(checked))
    return Group(*blocks, Text())


def label(family: str) -> str:
    """A family's short name: MTA-STS."""
    return family.upper().replace("_", "-")


def as_json(checked: Checked, *, with_readings: bool) -> str:
    """One line of JSON in ASCII, so that no terminal and no parser stumbles over a record."""
    value = msgspec.to_builtins(checked)
    if not with_readings:
        del value["readings"]
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _head(checked: Checked) -> RenderableType:
    title = Text(visible(checked.domain), style="bold")
    title.append(f"  {checked.letter or ''}", f"bold {colour_of(checked.letter)}")
    title.append(f"  {_overall(checked)}", "default")
    who = checked.providers
    mail = f"mail {who.mail}" + (f" behind {who.gateway}" if who.gateway else "")
    asked = f"{checked.questions} questions"
    if checked.unanswered:
        asked += f", {len(checked.unanswered)} of them not answered"
    line = Text(f"name servers {who.dns}, {mail}; {asked}".replace("_", " "), style="dim")
    return Group(Rule(title, align="left", style="dim"), Padding(line, (0, 0, 1, 1)))


def _overall(checked: Checked) -> str:
    if checked.status is Status.NXDOMAIN:
        return "this domain does not exist"
    if checked.status is Status.NOT_MEASURED:
        return "no server could be asked; nothing is known of this domain"
    if checked.grade is None:
        return f"no overall grade ({checked.why_none})"
    return f"{checked.grade} of 100" + ("" if checked.is_measured else ", not all was measured")


def _families(parts: Sequence[Part]) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    absent = [label(part.family) for part in parts if part.why_none == DOES_NOT_APPLY]
    for part in parts:
        if part.why_none == DOES_NOT_APPLY:
            continue
        colour = colour_of(part.letter)
        grade = Text("-" if part.grade is None else str(part.grade))
        lines = [visible(line, MOST) for line in part.published]
        said = Text("\n".join(lines)) if lines else Text(part.why_none or "none", "dim")
        mark = Text(part.letter or "", f"bold {colour}")
        name = Text(f" {label(part.family)}", "bold")
        table.add_row(name, grade, mark, _bar(part.grade, colour), said)
    if not absent:
        return table
    return Group(table, Text(f" not there and not due: {', '.join(absent)}", "dim"))


def _next_letter(checked: Checked) -> list[RenderableType]:
    way = checked.next_letter
    if way is None:
        return []
    then = "the rest of the site comes to light" if way.reaches is None else f"{way.reaches} of 100"
    by_code = {one.code: one for one in checked.remarks}
    lines: list[RenderableType] = [
        Text.assemble(" ", (way.next, "bold"), f" when this is mended (then {then}):")
    ]
    for code in way.mend:
        name = label(by_code[code].family)
        lines.append(Text.assemble(f"   {name:<7} ", by_code[code].title, (f"  {code}", "dim")))
    return lines


def _bar(grade: int | None, colour: str) -> Text:
    if grade is None:
        return Text("·" * BAR, "dim")
    filled = round(grade * BAR / 100)
    return Text("█" * filled, colour).append("░" * (BAR - filled), "dim")


def _section(title: str, items: list[RenderableType]) -> list[RenderableType]:
    if not items:
        return []
    return [Text.assemble("\n ", (title, "bold underline")), *items]


def _finding(one: Finding) -> RenderableType:
    head = Text.assemble(
        (f" {label(one.family):<7} ", "bold"),
        (f"{one.severity:<9}", _SEVERITIES[one.severity]),
        (_worth(one), "bold"),
        one.title,
        (f"  {one.code}", "dim"),
    )
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True, style="dim", min_width=8, justify="right")
    table.add_column(overflow="fold")
    table.add_row("found", Text(visible(one.evidence, MOST)))
    table.add_row("cure", Text(one.help))
    for line in one.publish:
        table.add_row("publish", Text(visible(line, MOST), "green"))
    table.add_row("see", Text(one.reference, "blue"))
    return Group(head, table)


def _faults(faults: Sequence[Finding]) -> list[RenderableType]:
    if not faults:
        return []
    said = "+n: points of the overall grade that mending it alone brings, if nothing new is found"
    return [Text(f" {said}", "dim"), *map(_finding, faults)]


def _worth(one: Finding) -> str:
    """What mending brings to the whole, or where nobody can tell, what it costs its family."""
    if not one.points:
        return ""
    if one.gain is None:
        return f"-{one.points:<5}"
    return f"+{one.gain:<5.1f}" if one.gain else "+0    "


def _unmeasured(checked: Checked) -> list[RenderableType]:
    lines: list[RenderableType] = []
    for family, value in checked.not_measured.items():
        lines.append(Text(f" {label(family):<9} {why(value)}"))
    for part in checked.families:
        lacking: dict[str, list[str]] = {}
        for rule in part.untold if part.family not in checked.not_measured else ():
            lacking.setdefault(rule.why, []).append(rule.code)
        for what, codes in lacking.items():
            text = Text(f" {label(part.family):<9} in part, for want of {visible(what, MOST)}  ")
            lines.append(text.append(", ".join(codes), "dim"))
    return lines


def _unanswered(checked: Checked) -> list[RenderableType]:
    lines: list[RenderableType] = [Text(f" {why(one)}") for one in checked.unanswered[:MOST_LINES]]
    if len(checked.unanswered) > MOST_LINES:
        lines.append(Text(f" and {len(checked.unanswered) - MOST_LINES} more"))
    return lines


def why(value: NotMeasured) -> str:
    """Why nobody could tell, in a few words."""
    codes = ", ".join(str(code) for code in value.ede)
    parts = [REASONS[value.reason], visible(value.question, MOST)]
    parts += [f"extended error {codes}"] if codes else []
    return "; ".join(part for part in parts if part)
