"""Every number of the page, for machines: `figures.json`, and `charts/` with one CSV a chart.

The trend of later reports is read from `figures.json`.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dnstats.db.queries import Summary
from dnstats.report.cells import harmless
from dnstats.report.figure import Figure, Panel
from dnstats.visible import visible

SCHEMA = 1
FILE = "figures.json"
CHART_COLUMNS = ("panel", "label", "value", "share", "lowest", "highest", "measured",
                 "not_measured", "does_not_apply")  # fmt: skip


def write_figures(summary: Summary, figures: Iterable[Figure], path: Path) -> None:
    """Write the file."""
    path.write_text(json.dumps(figures_of(summary, figures), indent=1) + "\n", "utf-8")


def figures_of(summary: Summary, figures: Iterable[Figure]) -> dict[str, Any]:
    """All charts with their panels; percents of 0-100, `lowest` and `highest` of all sites."""
    return {
        "schema": SCHEMA,
        "run": summary.run_id,
        "day": summary.day.isoformat(),
        "dns": visible(summary.dns, 40),
        "ranks": [summary.first_rank, summary.last_rank],
        "rules_version": summary.rules_version,
        "mean_grades": summary.mean_grades,
        "charts": [
            {
                "name": figure.chart.name,
                "title": visible(figure.chart.title),
                "question": visible(figure.chart.question),
                "unit": figure.chart.unit,
                "panels": [_panel(panel) for panel in figure.panels],
            }
            for figure in figures
        ],
    }


def write_chart_files(figures: Iterable[Figure], folder: Path) -> None:
    """One CSV a chart. `share`: percent of what was measured; bounds: of all."""
    folder.mkdir()
    for figure in figures:
        path = folder / f"{figure.chart.name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(CHART_COLUMNS)
            for panel in map(_panel, figure.panels):
                told = (panel["measured"], panel["not_measured"], panel["does_not_apply"])
                for part in panel["parts"]:
                    cells = (panel["name"], *part.values(), *told)
                    writer.writerow(harmless(str(cell)) for cell in cells)


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "name": visible(panel.name),
        "measured": panel.measured,
        "not_measured": panel.not_measured,
        "does_not_apply": panel.does_not_apply,
        "parts": [
            {
                "label": visible(part.label),
                "value": part.value,
                "share": round(part.share, 3),
                "lowest": round(part.lowest, 3),
                "highest": round(part.highest, 3),
            }
            for part in panel.parts
        ],
    }
