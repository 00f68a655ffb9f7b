"""Faults of the predecessor's report, each of which must not come back."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from dnstats.grade.grading import FamilyGrade, SiteGrades
from dnstats.grade.scale import RULES_VERSION
from dnstats.report.chart import count, read_charts

from tests.report.runs import fill_run, nothing_there


@pytest.mark.parametrize(
    ("grade", "label"),
    [(0, "0–9"), (9, "0–9"), (10, "10–19"), (89, "80–89"), (90, "90–100"), (99, "90–100"),
     (100, "90–100")],
)  # fmt: skip
def test_predecessor_bug_28_a_perfect_site_is_drawn_in_the_last_bin(
    grade: int, label: str, database: sa.Connection
) -> None:
    """Its histogram drew 100 in the bin of 0 to 9."""
    given = SiteGrades(grade, (FamilyGrade("spf", grade, (), ""),), ())
    run_id = fill_run(database, [nothing_there("a.example")], grades={"a.example": given})
    chart = next(one for one in read_charts() if one.name == "grades")
    rows = count(database, chart, run_id, RULES_VERSION)
    for panel in ("Overall", "SPF"):
        bins = {row.label: row.value for row in rows if row.panel == panel}
        assert {name for name, value in bins.items() if value} == {label}
        assert len(bins) == 10 + 2  # the bins, not measured, does not apply
