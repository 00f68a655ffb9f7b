"""How the main figures went from report to report, read from the `figures.json` of each.

Only reports that can be compared: of the same ranks and the same kind of DNS, one a day, none
later than the report that shows them. A change of the rules' version is told, for it moves grades.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from dnstats.report.figures_file import FILE
from dnstats.report.publishing import published_homes

MOST_DAYS = 90
WIDTH, HEIGHT = 300.0, 96.0  # of a drawing, in its own units
INDICATORS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("SPF published", "adoption", "SPF", ("published",)),
    ("DMARC published", "adoption", "DMARC", ("published",)),
    ("DMARC quarantine or reject", "dmarc_policy", "", ("p=quarantine", "p=reject")),
    ("CAA published", "adoption", "CAA", ("published",)),
    ("DNSSEC signed", "adoption", "DNSSEC", ("published",)),
    ("IPv6 address", "adoption", "IPv6", ("published",)),
    ("MTA-STS published", "adoption", "MTA-STS", ("published",)),
    ("BIMI published", "adoption", "BIMI", ("published",)),
)
"""Title, chart, panel, and the labels that are added up."""


class Point(NamedTuple):
    """A figure on one day. Percents."""

    day: str
    share: float
    lowest: float
    highest: float


class Line(NamedTuple):
    """One indicator over the days, and where it is drawn."""

    title: str
    points: tuple[Point, ...]
    low: float  # the percents at the bottom and the top of the drawing
    high: float

    def place(self, number: int) -> float:
        """Where a point stands from the left."""
        return WIDTH * number / max(1, len(self.points) - 1)

    def level(self, percent: float) -> float:
        """Where a percentage stands from the top."""
        return HEIGHT * (1 - (percent - self.low) / (self.high - self.low))

    @property
    def path(self) -> str:
        """The points of the line."""
        return " ".join(
            f"{self.place(n):.1f},{self.level(one.share):.1f}" for n, one in enumerate(self.points)
        )

    @property
    def band(self) -> str:
        """The outline between the lower and the upper bounds."""
        numbered = list(enumerate(self.points))
        above = [f"{self.place(n):.1f},{self.level(one.highest):.1f}" for n, one in numbered]
        below = [f"{self.place(n):.1f},{self.level(one.lowest):.1f}" for n, one in numbered]
        return " ".join(above + below[::-1])


class Trend(NamedTuple):
    """All indicators, and the days from which other rules hold."""

    lines: tuple[Line, ...]
    new_rules: tuple[tuple[str, int], ...]


def read_earlier(folder: Path, now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Figures of the reports that can be compared with `now`, one a day, the oldest first.

    The newest run of each of the last `MOST_DAYS` days before it; `home` says where it stands.
    """
    found: list[dict[str, Any]] = []
    days = {now["day"]}
    for home in published_homes(folder):
        if home[:10] in days or home[:10] > now["day"]:
            continue
        try:
            one = json.loads((folder / home / FILE).read_text("utf-8"))
            is_same = all(one[key] == now[key] for key in ("schema", "dns", "ranks"))
            is_whole = one["day"] == home[:10] and {"run", "charts", "rules_version"} <= one.keys()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # not one of ours, or of another version
        if is_same and is_whole:
            days.add(one["day"])
            found.append({**one, "home": home})
        if len(found) == MOST_DAYS - 1:
            break
    return found[::-1]


def draw_trend(earlier: Sequence[Mapping[str, Any]], now: Mapping[str, Any]) -> Trend | None:
    """The trend up to a report (`now`: its figures); None when it is the first of its kind."""
    reports = [*earlier, now]
    if len(reports) < 2:
        return None
    lines = [
        _line(title, chart, panel, labels, reports) for title, chart, panel, labels in INDICATORS
    ]
    return Trend(tuple(line for line in lines if line is not None), tuple(_new_rules(reports)))


def _line(
    title: str,
    chart: str,
    panel: str,
    labels: tuple[str, ...],
    reports: list[Mapping[str, Any]],
) -> Line | None:
    points = [
        point for report in reports if (point := _point(report, chart, panel, labels)) is not None
    ]
    if len(points) < 2:
        return None
    low, high = min(one.lowest for one in points), max(one.highest for one in points)
    margin = max((high - low) * 0.15, 0.5)
    return Line(title, tuple(points), max(0.0, low - margin), min(100.0, high + margin))


def _point(
    report: Mapping[str, Any], chart: str, panel: str, labels: tuple[str, ...]
) -> Point | None:
    for one in report["charts"]:
        for found in one["panels"] if one["name"] == chart else ():
            if found["name"] != panel or not found["measured"]:
                continue
            value = sum(part["value"] for part in found["parts"] if part["label"] in labels)
            whole = found["measured"] + found["not_measured"]
            return Point(
                report["day"],
                100 * value / found["measured"],
                100 * value / whole,
                100 * (value + found["not_measured"]) / whole,
            )
    return None


def _new_rules(reports: list[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    for before, after in pairwise(reports):
        version = after["rules_version"]
        if version is not None and version != before["rules_version"]:
            yield after["day"], version
