"""Writes the report of a run into its folder: `<folder>/<day>/run-<id>/index.html`.

A reader sees a page whole or not at all; writing it again gives the same files.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from dnstats.db.queries import run_summary
from dnstats.report.chart import CHARTS, count, read_charts
from dnstats.report.facts import gather_facts
from dnstats.report.figure import make_figure
from dnstats.report.page import read_heading, render_page
from dnstats.report.remarks import RuleText, common_remarks
from dnstats.report.sites_file import write_sites

REMARKS = 15
PAGE = "index.html"


def write_report(
    connection: sa.Connection,
    run_id: int,
    folder: Path,
    rules: Mapping[str, RuleText],
    charts: Path = CHARTS,
) -> Path:
    """Write the run's page and its `sites.csv`; returns the page.

    `LookupError` when there is no such run, `BadChart` when a file in `charts` cannot be used.
    """
    summary = run_summary(connection, run_id, commonest=REMARKS)
    heading = read_heading(connection, run_id)
    gather_facts(connection, run_id)
    figures = [
        make_figure(
            chart,
            count(connection, chart, run_id, summary.rules_version),
            summary.sites - summary.read,
        )
        for chart in read_charts(charts)
    ]
    page = render_page(heading, summary, figures, common_remarks(connection, summary, rules))
    home = folder / report_home(summary.day, run_id)
    home.parent.mkdir(parents=True, exist_ok=True)
    for left in home.parent.glob(f".{home.name}-*"):  # of a publisher that was killed
        shutil.rmtree(left, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{home.name}-", dir=home.parent))
    try:
        draft.chmod(0o755)
        write_sites(connection, summary, draft / "sites.csv")
        (draft / PAGE).write_text(page, "utf-8")
        _put(draft, home)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _point_to_latest(folder)
    return home / PAGE


def report_home(day: dt.date, run_id: int) -> str:
    """Where a run's report stands, below the folder of the reports."""
    return f"{day.isoformat()}/run-{run_id}"


def find_file(folder: Path, path: str) -> Path | None:
    """A published file by its path below `folder`; None when there is none, or it is elsewhere."""
    root = folder.resolve()
    try:
        found = (root / path).resolve()
        is_ours = found.is_relative_to(root) and found.is_file()
    except (OSError, ValueError):  # a name too long, a NUL in it
        return None
    hidden = (
        any(part.startswith(".") for part in found.relative_to(root).parts) if is_ours else True
    )
    return None if hidden else found


def _put(draft: Path, home: Path) -> None:
    """A new report comes in one move; over an old one file by file, the page last."""
    if not home.exists():
        draft.rename(home)
        return
    for path in sorted(draft.iterdir(), key=lambda path: path.name == PAGE):
        os.replace(path, home / path.name)


_HOME = re.compile(r"\d{4}-\d\d-\d\d/run-(\d+)")


def newest_page(folder: Path) -> str | None:
    """The path of the page of the newest run of the newest day, below `folder`."""
    homes = [
        (page.parent.parent.name, int(match[1]))
        for page in folder.glob(f"*/run-*/{PAGE}")
        if (match := _HOME.fullmatch(page.parent.relative_to(folder).as_posix()))
    ]
    if not homes:
        return None
    day, run_id = max(homes)
    return f"{day}/run-{run_id}/{PAGE}"


def _point_to_latest(folder: Path) -> None:
    """`latest.html` leads to the newest run of the newest day, whichever was written last."""
    address = newest_page(folder)
    assert address is not None, "one was just written"
    day = address.partition("/")[0]
    text = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>DNStats</title>\n'
        f'<meta http-equiv="refresh" content="0; url={address}"></head>\n'
        f'<body><p><a href="{address}">The newest report: {day}</a></p></body></html>\n'
    )
    handle, name = tempfile.mkstemp(prefix=".latest-", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(0o644)
    os.replace(name, folder / "latest.html")
