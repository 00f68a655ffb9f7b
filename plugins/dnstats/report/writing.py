"""Writes the report of a run: the page, the look-up of single sites, lists, figures, manifest.

A reader sees a report whole or not at all (see `publishing`); written again it is the same.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dnstats.db.queries import Summary, run_summary
from dnstats.report import changes, publishing
from dnstats.report.chart import CHARTS, count, read_charts
from dnstats.report.data_package import write_package
from dnstats.report.facts import gather_facts
from dnstats.report.figure import Figure, make_figure
from dnstats.report.figures_file import FILE as FIGURES
from dnstats.report.figures_file import figures_of, write_chart_files, write_figures
from dnstats.report.groups import GroupTable, read_groups, write_groups
from dnstats.report.list_changes import write_list_changes
from dnstats.report.manifest import FILE as MANIFEST
from dnstats.report.manifest import write_manifest
from dnstats.report.newest import point_to_latest
from dnstats.report.page import (
    TEMPLATES,
    read_heading,
    render,
    render_groups,
    render_page,
    render_rules,
)
from dnstats.report.publishing import LOOK_UP, PAGE
from dnstats.report.remarks import RuleText, common_remarks, every_rule
from dnstats.report.site_lists import write_lists
from dnstats.report.site_shards import Advise, write_shards
from dnstats.report.sites_file import first_sites, write_sites
from dnstats.report.sites_parquet import write_parquet
from dnstats.report.trend import draw_trend, read_earlier

log = logging.getLogger(__name__)

SITES = "sites.parquet"
RULES = "rules.html"
REMARKS = 15
FIRST_SITES = 100  # shown on the page itself


def write_report(
    connection: sa.Connection,
    run_id: int,
    folder: Path,
    rules: Mapping[str, RuleText],
    advise: Advise,
    charts: Path = CHARTS,
) -> Path:
    """Publish the run's report below `folder`; returns its page.

    `LookupError` when there is no such run, `BadChart` when a file in `charts` cannot be used.
    """
    say = _Steps()
    summary = run_summary(connection, run_id, commonest=REMARKS)
    gather_facts(connection, run_id)
    say.done("facts of every site")
    figures = _figures(connection, summary, charts)
    say.done("charts")
    now = figures_of(summary, figures)
    earlier = read_earlier(folder, now)

    def write(draft: Path) -> None:
        _write_files(connection, summary, rules, advise, draft)
        say.done("sites and their look-up")
        lists = write_lists(connection, draft / "lists", summary.sites - summary.read)
        say.done("lists")
        write_figures(summary, figures, draft / FIGURES)
        write_chart_files(figures, draft / "charts")
        groups = read_groups(connection, summary, rules)
        _write_groups(summary, groups, draft)
        say.done("providers and top-level domains")
        catalogue = render_rules(summary, every_rule(connection, summary, rules))
        (draft / RULES).write_text(catalogue, "utf-8")
        page = render_page(
            read_heading(connection, run_id),
            summary,
            figures,
            common_remarks(connection, summary, rules),
            lists=lists,
            sites=first_sites(draft / "sites.csv", FIRST_SITES),
            trend=draw_trend(earlier, now),
            changes=_write_changes(folder, earlier, summary, draft),
            list_changes=write_list_changes(connection, run_id, draft),
            groups=groups,
        )
        (draft / PAGE).write_text(page, "utf-8")
        write_package(summary, lists, draft)
        write_manifest(connection, summary, lists, draft)
        say.done("page and manifest")

    page = publishing.publish(folder, publishing.report_home(summary.day, run_id), write)
    publishing.replace_text(folder / PAGE, _overview(folder))
    point_to_latest(folder)
    return page


class _Steps:
    """A line of the log for each step: a report of a million sites takes minutes."""

    def __init__(self) -> None:
        self._begun = self._last = time.monotonic()

    def done(self, what: str) -> None:
        now = time.monotonic()
        log.info("%s: %.1f s, %.0f s in all", what, now - self._last, now - self._begun)
        self._last = now


def _figures(connection: sa.Connection, summary: Summary, charts: Path) -> list[Figure]:
    unread = summary.sites - summary.read
    return [
        make_figure(chart, count(connection, chart, summary.run_id, summary.rules_version), unread)
        for chart in read_charts(charts)
    ]


def _write_files(
    connection: sa.Connection,
    summary: Summary,
    rules: Mapping[str, RuleText],
    advise: Advise,
    draft: Path,
) -> None:
    write_sites(connection, summary, draft / "sites.csv")
    write_parquet(connection, summary, draft / SITES)
    write_shards(connection, summary, rules, advise, draft / "sites")
    (draft / LOOK_UP).write_text(render("site.html.j2", summary=summary), "utf-8")
    for name in ("site.js", "report.css"):
        shutil.copyfile(TEMPLATES / name, draft / name)


def _write_changes(
    folder: Path, earlier: Sequence[Mapping[str, Any]], summary: Summary, draft: Path
) -> changes.Changes | None:
    """What changed since the newest report that can be compared; None for the first."""
    if not earlier:
        return None
    before = earlier[-1]
    return changes.write_changes(
        folder / before["home"] / SITES,
        draft / SITES,
        draft / changes.FILE,
        before,
        summary.rules_version,
    )


def _write_groups(summary: Summary, tables: Sequence[GroupTable], draft: Path) -> None:
    write_groups(tables, draft)
    for name in ("providers", "tlds"):
        (draft / f"{name}.html").write_text(render_groups(name, summary, tables), "utf-8")


def _overview(folder: Path) -> str:
    """The page of all reports."""
    reports = []
    for home in publishing.published_homes(folder):
        try:
            manifest = json.loads((folder / home / MANIFEST).read_text("utf-8"))
        except (OSError, ValueError):
            manifest = {}  # of a version without one
        reports.append({"home": home, "manifest": manifest})
    return render("overview.html.j2", reports=reports)
