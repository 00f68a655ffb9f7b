"""The charts of include/charts: one SQL file each, found by folder. Draws nothing.

include/charts/README.md says what a file holds.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from dnstats.settings import ROOT

CHARTS = ROOT / "include" / "charts"
KINDS = ("share", "bars", "histogram")
NOT_MEASURED = "not measured"
DOES_NOT_APPLY = "does not apply"

_HEADER = re.compile(r"--\s*([a-z_]+):\s*(.*)")
_NEEDED = ("title", "question", "kind")
_ALLOWED = frozenset({*_NEEDED, "section", "order", "note", "unit"})


class BadChart(ValueError):
    """A chart's file cannot be used; the message says which and why."""


class Chart(NamedTuple):
    """One file: a question about a run, and the SQL that answers it."""

    name: str
    title: str
    question: str
    kind: str
    sql: str
    section: str = "More"
    order: float = 1000
    note: str = ""
    unit: str = "sites"


class Count(NamedTuple):
    """One row of an answer. `out_of` is None where a share is of the sum of the panel."""

    panel: str
    label: str
    value: int
    out_of: int | None


def read_charts(folder: Path = CHARTS) -> tuple[Chart, ...]:
    """Every chart of the folder in its order; `BadChart` for the first that cannot be used."""
    charts = [read_chart(path.stem, path.read_text("utf-8")) for path in folder.glob("*.sql")]
    return tuple(sorted(charts, key=lambda chart: (chart.order, chart.name)))


def read_chart(name: str, text: str) -> Chart:
    """A chart from its file's text."""
    headers: dict[str, str] = {}
    lines = text.splitlines()
    while lines and (match := _HEADER.fullmatch(lines[0].strip())):
        headers[match[1]] = match[2].strip()
        lines.pop(0)
    missing = [key for key in _NEEDED if not headers.get(key)]
    if missing:
        raise BadChart(f"chart {name}.sql needs the header line `-- {missing[0]}: ...` at its top")
    unknown = sorted(set(headers) - _ALLOWED)
    if unknown:
        raise BadChart(f"chart {name}.sql has a header `{unknown[0]}` that nobody reads")
    if headers["kind"] not in KINDS:
        raise BadChart(f"chart {name}.sql has kind {headers['kind']!r}: use {', '.join(KINDS)}")
    try:
        order = float(headers.pop("order", 1000))
    except ValueError:
        raise BadChart(f"chart {name}.sql has an order that is no number") from None
    return Chart(name=name, sql="\n".join(lines).strip(), order=order, **headers)


def count(
    connection: sa.Connection, chart: Chart, run_id: int, rules_version: int | None
) -> tuple[Count, ...]:
    """The chart's answer about one run; `BadChart` when its columns are not the agreed ones."""
    query = sa.text(chart.sql)
    values = {"run_id": run_id, "rules_version": rules_version}
    used = {name: value for name, value in values.items() if name in query.compile().params}
    result = connection.execute(query.bindparams(**used))
    columns = set(result.keys())
    if not {"label", "value"} <= columns <= {"label", "value", "panel", "out_of"}:
        raise BadChart(
            f"chart {chart.name}.sql gives the columns {', '.join(sorted(columns))}: it must give "
            "label and value, and may give panel and out_of"
        )
    rows = result.mappings()
    return tuple(
        Count(row.get("panel") or "", row["label"], int(row["value"]), row.get("out_of"))
        for row in rows
    )
