"""Charts as files: their headers, their columns, and that each of them counts every site once."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from dnstats.grade.scale import LETTERS, RULES_VERSION, WEIGHTS
from dnstats.records import FAMILIES
from dnstats.report import chart as charts
from dnstats.report.chart import (
    CHARTS,
    DOES_NOT_APPLY,
    NOT_MEASURED,
    BadChart,
    Chart,
    Count,
    read_chart,
    read_charts,
)
from dnstats.report.facts import FILE, gather_facts

from tests.report.runs import (
    Site,
    does_not_exist,
    fill_run,
    nobody_knows,
    nothing_there,
    plausible_sites,
)

ALL_CHARTS = read_charts()
OF_SITES = [chart for chart in ALL_CHARTS if chart.unit == "sites"]


def each(charts: list[Chart] | tuple[Chart, ...]) -> list[object]:
    return [pytest.param(chart, id=chart.name) for chart in charts]


def chart(name: str) -> Chart:
    return next(one for one in ALL_CHARTS if one.name == name)


def count(
    connection: sa.Connection, one: Chart, run_id: int, rules_version: int
) -> tuple[Count, ...]:
    """The chart's answer, from facts gathered for it."""
    gather_facts(connection, run_id)
    return charts.count(connection, one, run_id, rules_version)


def told(connection: sa.Connection, one: Chart, run_id: int) -> dict[str, dict[str, int]]:
    """Panel -> label -> value, without zeros."""
    found: dict[str, dict[str, int]] = {}
    for row in count(connection, one, run_id, RULES_VERSION):
        if row.value:
            found.setdefault(row.panel, {})[row.label] = row.value
    return found


def test_the_folder_is_the_list_in_its_order() -> None:
    assert {one.name for one in ALL_CHARTS} == {path.stem for path in CHARTS.glob("*.sql")}
    assert list(ALL_CHARTS) == sorted(ALL_CHARTS, key=lambda one: (one.order, one.name))


@pytest.mark.parametrize("one", each(ALL_CHARTS))
def test_a_header_is_whole(one: Chart) -> None:
    assert one.title
    assert one.question.endswith("?")
    assert one.sql.startswith(("SELECT", "WITH"))
    assert ":run_id" in one.sql or "site_facts" in one.sql, "a chart is about one run"
    assert ";" not in one.sql.replace("';'", "")


@pytest.mark.parametrize("one", each(ALL_CHARTS))
def test_a_chart_answers_on_a_filled_database(one: Chart, database: sa.Connection) -> None:
    run_id = fill_run(database, plausible_sites(60))
    rows = count(database, one, run_id, RULES_VERSION)
    assert rows
    assert all(row.label and row.value >= 0 for row in rows)
    assert len({(row.panel, row.label) for row in rows}) == len(rows)


@pytest.mark.parametrize("one", each(OF_SITES))
def test_every_site_is_counted_once_in_each_panel(one: Chart, database: sa.Connection) -> None:
    fill_run(database, plausible_sites(10, seed=2))  # another run, which must not be seen
    run_id = fill_run(database, plausible_sites(60))
    if one.name in ("caa_issuers", "dnssec_algorithms"):  # a site may name several
        return
    for panel, labels in told(database, one, run_id).items():
        assert sum(labels.values()) == 60, panel


@pytest.mark.parametrize("one", each(OF_SITES))
def test_sites_nobody_could_ask_are_only_not_measured(one: Chart, database: sa.Connection) -> None:
    run_id = fill_run(database, [nobody_knows("a.example"), nobody_knows("b.example")])
    for labels in told(database, one, run_id).values():
        assert labels == {NOT_MEASURED: 2}


@pytest.mark.parametrize("one", each(OF_SITES))
def test_readings_of_an_older_version_without_the_family_are_not_absence(
    one: Chart, database: sa.Connection
) -> None:
    run_id = fill_run(
        database,
        [Site("a.example", {}, dns_provider="not_measured", mail_provider="not_measured")],
    )
    database.execute(sa.text("UPDATE site_runs SET readings = '{}' WHERE run_id = :r"),
                     {"r": run_id})  # fmt: skip
    for labels in told(database, one, run_id).values():
        assert labels == {NOT_MEASURED: 1}


@pytest.mark.parametrize("one", each(OF_SITES))
def test_domains_that_do_not_exist_count_in_no_share(one: Chart, database: sa.Connection) -> None:
    run_id = fill_run(database, [does_not_exist("a.example")])
    for labels in told(database, one, run_id).values():
        assert labels == {DOES_NOT_APPLY: 1}


@pytest.mark.parametrize("name", ["grades", "letters"])
def test_sites_that_were_read_and_not_graded_have_no_measured_grade(
    name: str, database: sa.Connection
) -> None:
    graded = fill_run(database, plausible_sites(3))
    run_id = fill_run(database, [nothing_there("a.example")], is_graded=False)
    assert graded != run_id
    for labels in told(database, chart(name), run_id).values():
        assert labels == {NOT_MEASURED: 1}


def test_absence_is_told_as_absence(database: sa.Connection) -> None:
    run_id = fill_run(database, [nothing_there("a.example")])
    adoption = told(database, chart("adoption"), run_id)
    assert adoption.pop("DNSSEC") == {DOES_NOT_APPLY: 1}  # no zone of its own
    assert set(map(str, adoption.values())) == {str({"none": 1})}
    assert told(database, chart("spf_policy"), run_id) == {"": {"no SPF record": 1}}
    assert told(database, chart("mail"), run_id) == {"": {"no MX record": 1}}
    assert told(database, chart("bimi_state"), run_id) == {"": {"no BIMI record": 1}}
    assert told(database, chart("ns_service"), run_id) == {"": {DOES_NOT_APPLY: 1}}


def test_letters_are_those_of_the_scale() -> None:
    places = [chart("letters").sql.index(f"'{name}'") for _, name in LETTERS]
    assert places == sorted(places)


def test_every_graded_family_has_its_panel(database: sa.Connection) -> None:
    run_id = fill_run(database, plausible_sites(5))
    panels = {row.panel for row in count(database, chart("grades"), run_id, RULES_VERSION)}
    assert panels == {"Overall", *(family.upper().replace("_", "-") for family in WEIGHTS)}


def test_adoption_asks_for_families_that_exist() -> None:
    for family in ("spf", "dmarc", "mx", "caa", "dnssec", "address", "https", "mta_sts",
                   "tls_rpt", "dane", "bimi"):  # fmt: skip
        assert family in FAMILIES
        assert f"r ? '{family}'" in FILE.read_text("utf-8")
        assert f"'{'ipv6' if family == 'address' else family}'" in chart("adoption").sql


HEADER = "-- title: T\n-- question: Q?\n-- kind: share\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("SELECT 1", "title"),
        ("-- title: T\n-- kind: bars\nSELECT 1", "question"),
        (HEADER.replace("share", "pie") + "SELECT 1", "pie"),
        (HEADER + "-- colour: red\nSELECT 1", "colour"),
        (HEADER + "-- order: first\nSELECT 1", "order"),
    ],
)
def test_a_chart_that_cannot_be_used_says_why(text: str, fault: str) -> None:
    with pytest.raises(BadChart, match=fault):
        read_chart("mine", text)


def test_other_columns_than_the_agreed_are_told(database: sa.Connection) -> None:
    run_id = fill_run(database, [nothing_there("a.example")])
    one = read_chart("mine", HEADER + "SELECT 'x' AS name, 1 AS value")
    with pytest.raises(BadChart, match=r"mine\.sql gives the columns name, value"):
        count(database, one, run_id, RULES_VERSION)


def test_a_new_file_is_a_new_chart(tmp_path: Path) -> None:
    (tmp_path / "mine.sql").write_text(HEADER + "SELECT 'x' AS label, 1 AS value", "utf-8")
    (found,) = read_charts(tmp_path)
    assert (found.name, found.kind, found.section) == ("mine", "share", "More")
