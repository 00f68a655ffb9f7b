"""From counts to what is drawn: shares with their not-measured part, folded tails, bar lengths.

No share is ever of more than what was measured, and each panel says what was left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dnstats.report.chart import DOES_NOT_APPLY, NOT_MEASURED, Chart, Count

MOST_BARS = 12
NEUTRAL = -1
_NOT_THERE = re.compile(r"none\b|no (?!valid )|not |takes no |[0-9,]+ others$")


class Part(NamedTuple):
    """One labelled number of a panel. Percents are of 0-100."""

    label: str
    value: int
    share: float  # percent of the measured
    lowest: float  # percent of all that it applies to, if none of the unmeasured are like this
    highest: float  # the same if all of them are
    start: float  # where it begins in the drawing, percent of the width
    length: float  # how long (bars, shares) or high (histogram) it is drawn, percent
    tone: int  # which colour, 0 the first; NEUTRAL for what is not there


class Panel(NamedTuple):
    """One drawing with its numbers."""

    name: str
    parts: tuple[Part, ...]
    measured: int  # what the shares are of
    not_measured: int
    does_not_apply: int
    unmeasured_length: float  # percent of the width of a share that is hatched


class Figure(NamedTuple):
    """A chart with its panels."""

    chart: Chart
    panels: tuple[Panel, ...]

    @property
    def legend(self) -> tuple[tuple[str, int], ...]:
        """Every label of any panel with its tone, which is the same in all of them."""
        tones = {part.label: part.tone for panel in self.panels for part in panel.parts}
        return tuple((label, tones[label]) for label in _labels(self.panels))


def make_figure(chart: Chart, counts: Iterable[Count], sites_without_row: int = 0) -> Figure:
    """The figure of a chart's counts.

    sites_without_row: sites of chunks that failed; they were not measured in any chart of sites.
    """
    panels: dict[str, list[Count]] = {}
    for one in counts:
        panels.setdefault(one.panel, []).append(one)
    unseen = sites_without_row if chart.unit == "sites" else 0
    drawn = [_panel(chart.kind, name, rows, unseen) for name, rows in panels.items()]
    place = {label: number for number, label in enumerate(_labels(drawn))}
    return Figure(
        chart,
        tuple(
            panel._replace(
                parts=tuple(
                    part if part.tone == NEUTRAL else part._replace(tone=place[part.label])
                    for part in panel.parts
                )
            )
            for panel in drawn
        ),
    )


def _labels(panels: Sequence[Panel]) -> list[str]:
    """The labels of all panels; those of the fullest come in its order, the others behind."""
    fullest_first = sorted(panels, key=lambda panel: -len(panel.parts))
    return list(dict.fromkeys(part.label for panel in fullest_first for part in panel.parts))


def _panel(kind: str, name: str, rows: list[Count], unseen: int) -> Panel:
    not_measured = unseen + sum(row.value for row in rows if row.label == NOT_MEASURED)
    does_not_apply = sum(row.value for row in rows if row.label == DOES_NOT_APPLY)
    told = [row for row in rows if row.label not in (NOT_MEASURED, DOES_NOT_APPLY)]
    bases = [row.out_of for row in told if row.out_of is not None]
    measured = bases[0] if bases else sum(row.value for row in told)
    if kind == "bars":
        told = _fold(told)
    whole = measured + not_measured
    largest = max((row.value for row in told), default=0)
    parts = []
    start = 0.0
    for tone, row in enumerate(told):
        length = percent(row.value, whole if kind == "share" else largest)
        parts.append(
            Part(
                label=row.label,
                value=row.value,
                share=percent(row.value, measured),
                lowest=percent(row.value, whole),
                highest=percent(row.value + not_measured, whole),
                start=start,
                length=length,
                tone=NEUTRAL if _NOT_THERE.match(row.label) else tone,
            )
        )
        start += length
    unmeasured = percent(not_measured, whole)
    return Panel(name, tuple(parts), measured, not_measured, does_not_apply, unmeasured)


def _fold(rows: list[Count]) -> list[Count]:
    """The first bars, and all others as one."""
    if len(rows) <= MOST_BARS:
        return rows
    rest = rows[MOST_BARS - 1 :]
    total = sum(row.value for row in rest)
    other = Count(rows[0].panel, f"{len(rest):,} others", total, rows[0].out_of)
    return [*rows[: MOST_BARS - 1], other]


def percent(part: float, whole: float) -> float:
    """How many percent `part` is; 0 of nothing."""
    return 100 * part / whole if whole else 0.0


def show_percent(value: float) -> str:
    """One decimal; what is not nothing is not shown as nothing, nor what is not all as all."""
    if 0 < value < 0.05:
        return "<0.1 %"
    if 99.95 <= value < 100:
        return ">99.9 %"
    return f"{value:.1f} %"
