"""The commonest remarks: shares of the sites that could be judged, no others."""

from __future__ import annotations

import sqlalchemy as sa
from dnstats.db.queries import run_summary
from dnstats.grade.catalogue import rule_texts
from dnstats.grade.grading import FamilyGrade, SiteGrades
from dnstats.grade.rule import Remark
from dnstats.grade.scale import Severity
from dnstats.report.page import render_rules
from dnstats.report.remarks import CommonRemark, common_remarks, every_rule
from markupsafe import escape

from tests.report.runs import does_not_exist, fill_run, nobody_knows, nothing_there


def found(connection: sa.Connection, run_id: int) -> dict[str, CommonRemark]:
    summary = run_summary(connection, run_id, commonest=50)
    return {one.code: one for one in common_remarks(connection, summary, rule_texts())}


def test_a_share_is_of_those_that_could_be_judged(database: sa.Connection) -> None:
    def spf(grade: int | None, why: str = "", *abstained: str) -> SiteGrades:
        remarks = (Remark("SPF002", "spf", Severity.HIGH, 40, "11 lookups"),) if grade == 60 else ()
        return SiteGrades(grade, (FamilyGrade("spf", grade, abstained, why),), remarks)

    given = {
        "failed.example": spf(60),
        "sound.example": spf(100),
        "abstained.example": spf(90, "", "SPF002"),
        "silent.example": spf(None, "not measured: timeout"),
        "without.example": spf(None, "does not apply"),
    }
    sites = [nothing_there(domain) for domain in given]
    run_id = fill_run(database, [*sites, does_not_exist("gone.example")], grades=given, unread=4)
    one = found(database, run_id)["SPF002"]
    assert (one.sites, one.judged, one.not_measured) == (1, 3, 2 + 4)
    assert one.example == "failed.example: 11 lookups"
    assert one.title
    assert one.reference.startswith("https://")


def test_a_run_that_nobody_could_measure_has_no_remarks(database: sa.Connection) -> None:
    assert found(database, fill_run(database, [nobody_knows("a.example")])) == {}


def test_every_rule_stands_in_the_catalogue_with_the_sites_that_broke_it(
    database: sa.Connection,
) -> None:
    remark = Remark("SPF002", "spf", Severity.HIGH, 40, "11 lookups")
    given = {
        "failed.example": SiteGrades(60, (FamilyGrade("spf", 60, (), ""),), (remark,)),
        "sound.example": SiteGrades(100, (FamilyGrade("spf", 100, (), ""),), ()),
    }
    run_id = fill_run(database, [nothing_there(domain) for domain in given], grades=given)
    rules = rule_texts()
    families = every_rule(database, run_summary(database, run_id), rules)
    sites = {one.rule.code: one.sites for found in families.values() for one in found}
    assert sites.keys() == rules.keys()
    assert {code for code, count in sites.items() if count} == {"SPF002"}
    assert sites["SPF002"] == 1
    page = render_rules(run_summary(database, run_id), families)
    shown = page.replace("<code>", "").replace("</code>", "")
    for code, rule in rules.items():
        assert f'<li id="{code}">' in page
        assert escape(rule.title.replace("`", "")) in shown
