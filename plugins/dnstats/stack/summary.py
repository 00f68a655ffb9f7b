"""The end of a run in plain text: what was measured, how it was graded, where everything is."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa

from dnstats.db.connect import open_database
from dnstats.db.queries import Summary, find_run, run_summary


def read_summary(url: str, dag_run_id: str) -> Summary | None:
    """The figures of the run that Airflow knows by this name; None: it never was made."""
    engine = open_database(url)
    try:
        with engine.connect() as connection:
            run_id = find_run(connection, dag_run_id)
            return None if run_id is None else run_summary(connection, run_id)
    except sa.exc.SQLAlchemyError:
        return None
    finally:
        engine.dispose()


def figures(summary: Summary, titles: Mapping[str, str]) -> list[str]:
    """The run's figures; `titles`: rule code to what the rule says."""
    lines = [
        f"Run {summary.run_id}, {summary.day}, DNS: {_dns(summary.dns)}",
        f"  sites           {summary.sites:>9,}",
        f"  measured        {summary.measured:>9,}   {summary.coverage:.1f} %",
        f"  do not exist    {summary.nxdomain:>9,}   NXDOMAIN, among the measured",
        f"  not measured    {summary.not_measured:>9,}",
        f"  questions       {summary.questions:>9,}",
        f"    unanswered    {summary.questions_not_measured:>9,}",
    ]
    if summary.mean_grades:
        lines.append("Mean grade (of the sites that have one)")
        lines += [
            f"  {family:<15} {mean:>9.1f}   {summary.graded_sites.get(family, 0):,} sites"
            for family, mean in summary.mean_grades.items()
        ]
    if summary.commonest:
        lines.append("Commonest remarks")
        lines += [
            f"  {remark.code:<15} {remark.sites:>9,}   {titles.get(remark.code, remark.severity)}"
            for remark in summary.commonest
        ]
    return lines


def whereabouts(
    *, report: Path | None, archive: str, database: str, address: str, password_file: Path, up: bool
) -> list[str]:
    """Where the run's report, answers and rows are, and Airflow."""
    return [
        "Where things are",
        f"  report    {report or 'none: nothing was published'}",
        f"  archive   {archive}",
        f"  database  {database}",
        f"  Airflow   {address}  user admin, password: cat {shlex.quote(str(password_file))}"
        + ("" if up else "  (stopped now; `make up` keeps it running)"),
    ]


def _dns(mode: str) -> str:
    return "the practice internet, made-up zones" if mode == "lab" else mode
