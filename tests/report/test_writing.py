"""The whole report, from tables to files: harmless, whole, and the same when written again."""

from __future__ import annotations

import csv
import datetime as dt
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from dnstats.answer import Reason
from dnstats.grade.advice import advise
from dnstats.grade.catalogue import RuleText, rule_texts
from dnstats.grade.grading import FamilyGrade, SiteGrades
from dnstats.grade.rule import Remark
from dnstats.grade.scale import Severity
from dnstats.records.record import NotMeasured
from dnstats.report import writing
from dnstats.report.cells import harmless
from dnstats.report.chart import CHARTS

from tests.report.runs import (
    Site,
    does_not_exist,
    fill_run,
    nobody_knows,
    nothing_there,
    plausible_sites,
)

HOSTILE = (
    "<script>alert(1)</script>\"><img src=x onerror=alert(2)>'</title></svg></style>"
    "{{ 7*7 }}\u202egnp.exe\x00\r\n" + "x" * 65536
)
STORABLE = HOSTILE.replace("\x00", "\x01")  # PostgreSQL's text holds no NUL


def write_report(
    database: sa.Connection,
    run_id: int,
    folder: Path,
    rules: dict[str, RuleText],
    charts: Path = CHARTS,
) -> Path:
    return writing.write_report(database, run_id, folder, rules, advise, charts)


VOID = ("meta", "rect", "line", "circle", "polygon", "polyline", "link", "img", "br")


class Page(HTMLParser):
    """What a browser would see: tags, attributes, text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.source = path.read_text("utf-8")
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(path: Path) -> Page:
    page = Page(path)
    assert page.open == [], "every tag is closed"
    return page


def test_a_page_says_what_who_when_and_how_much(database: sa.Connection, tmp_path: Path) -> None:
    run_id = fill_run(database, plausible_sites(80), unread=20, site_list="tranco_N7V7W")
    path = write_report(database, run_id, tmp_path, rule_texts())
    assert path == tmp_path / "2026-11-24" / f"run-{run_id}" / "index.html"
    page = read(path)
    for said in ("What 100 sites publish in DNS", "24 November 2026", "tranco_N7V7W",
                 "20 of them in chunks that failed", "resolvers that the operator chose",
                 "not measured", "Commonest remarks", "DMARC001", "CC BY 4.0"):  # fmt: skip
        assert said in page.text
    assert "Practice internet" not in page.text
    assert "Not for publication" not in page.text


def test_every_drawing_has_its_words_and_its_table(database: sa.Connection, tmp_path: Path) -> None:
    run_id = fill_run(database, plausible_sites(40))
    page = read(write_report(database, run_id, tmp_path, rule_texts()))
    drawings = len(re.findall(r'role="img"', page.source))
    described = len(re.findall(r'role="img"[^>]*(?:aria-label="[^"]+"|><title>[^<]+</title>)',
                               page.source))  # fmt: skip
    assert drawings == described > 20
    assert page.tags.count("table") >= drawings


def test_a_page_needs_nothing_from_elsewhere(database: sa.Connection, tmp_path: Path) -> None:
    run_id = fill_run(database, plausible_sites(20))
    page = read(write_report(database, run_id, tmp_path, rule_texts()))
    assert {"script", "img", "link", "iframe", "object", "embed"}.isdisjoint(page.tags)
    assert not [name for name, _ in page.attributes if name in ("src", "srcset", "style")]
    assert "@import" not in page.source
    assert set(re.findall(r"url\(([^)]*)\)", page.source)) == {"#hatch"}


def test_a_practice_run_says_so_loudly(database: sa.Connection, tmp_path: Path) -> None:
    run_id = fill_run(database, plausible_sites(5), dns="lab")
    page = read(write_report(database, run_id, tmp_path, rule_texts()))
    assert "Practice internet." in page.text
    assert "(practice internet)" in page.source.partition("</title>")[0]


def test_a_run_that_is_short_is_not_for_publication(
    database: sa.Connection, tmp_path: Path
) -> None:
    run_id = fill_run(database, plausible_sites(5), state="short")
    page = read(write_report(database, run_id, tmp_path, rule_texts()))
    assert "Not for publication" in page.text


@pytest.mark.parametrize(
    "sites",
    [
        [],
        [nobody_knows("a.example")],
        [does_not_exist("a.example")],
        [nothing_there("a.example")],
    ],
)
def test_a_page_is_made_of_whatever_there_is(
    sites: list[Site], database: sa.Connection, tmp_path: Path
) -> None:
    run_id = fill_run(database, sites, unread=3)
    page = read(write_report(database, run_id, tmp_path, rule_texts()))
    assert "3 of them in chunks that failed" in page.text


def test_a_run_without_grades_has_a_page(database: sa.Connection, tmp_path: Path) -> None:
    run_id = fill_run(database, plausible_sites(5), is_graded=False)
    page = read(write_report(database, run_id, tmp_path, rule_texts()))
    assert "not graded" in page.text
    assert "No remark was made" in page.text


def test_a_run_that_does_not_exist_is_told(database: sa.Connection, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="there is no run 999999"):
        write_report(database, 999999, tmp_path, {})


def _hostile_run(database: sa.Connection) -> int:
    grade = FamilyGrade("spf", 40, (), "")
    remark = Remark("SPF001", "spf", Severity.HIGH, 60, STORABLE)
    unknown = Remark("<b>\u202eCODE", "<b>\u202efamily", Severity.HIGH, 60, STORABLE)
    broken = NotMeasured(Reason.SERVFAIL, STORABLE)
    readings = {"spf": broken, "dmarc": None}
    return fill_run(
        database,
        [Site(STORABLE, readings, dns_provider=STORABLE, mail_provider="=cmd|'/c calc'!A1")],
        grades={STORABLE: SiteGrades(40, (grade,), (remark, unknown))},
        site_list=STORABLE,
        dns=STORABLE,
        settings={"resolvers": [STORABLE]},
        state=STORABLE,
    )


def test_hostile_text_stays_text_everywhere(database: sa.Connection, tmp_path: Path) -> None:
    run_id = _hostile_run(database)
    # A hostile issuer would come as a CAA record; put it past the reader to be sure.
    database.execute(
        sa.text("""
            UPDATE site_runs SET readings = jsonb_set(readings, '{caa}', jsonb_build_object(
                'is', 'caa', 'issuers', jsonb_build_array(CAST(:bad AS text))))
             WHERE run_id = :run"""),
        {"run": run_id, "bad": STORABLE},
    )
    rules = {
        "SPF001": RuleText(
            "SPF001", "spf", "high", 60, HOSTILE, f"`<b>code</b>` {HOSTILE}", "javascript:1"
        )
    }
    path = write_report(database, run_id, tmp_path, rules)
    page = read(path)
    assert "<b>code" not in page.source
    assert {"script", "img"}.isdisjoint(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "javascript:" not in page.source
    assert "alert(1)" in page.text, "it is shown, as text"
    assert "\u202e" not in page.source
    assert "\x01" not in page.source
    assert "{{ 7*7 }}" in page.text
    assert "code" in page.tags
    assert len(page.source) < 500_000, "64 kB of text are cut"


def test_hostile_labels_stay_text_inside_svg(database: sa.Connection, tmp_path: Path) -> None:
    charts = tmp_path / "charts"
    charts.mkdir()
    for kind in ("share", "bars", "histogram"):
        (charts / f"{kind}.sql").write_text(
            f"-- title: </title></svg><script>1</script>\n-- question: <script>?\n-- kind: {kind}\n"
            "SELECT :run_id::text || '</text></title></svg><script>alert(1)</script>' AS label, "
            "2 AS value, '\"><script>' AS panel".replace(":run_id::text", "CAST(:run_id AS text)"),
            "utf-8",
        )
    run_id = fill_run(database, plausible_sites(3))
    page = read(write_report(database, run_id, tmp_path / "report", rule_texts(), charts))
    assert "script" not in page.tags
    assert page.source.count("&lt;script&gt;") >= 9


def test_the_list_of_sites_says_why_there_is_no_letter(
    database: sa.Connection, tmp_path: Path
) -> None:
    sites = [nothing_there("a.example"), nobody_knows("b.example"), does_not_exist("c.example")]
    run_id = fill_run(database, sites)
    path = write_report(database, run_id, tmp_path, rule_texts()).with_name("sites.csv")
    rows = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
    assert [row["domain"] for row in rows] == ["a.example", "b.example", "c.example"]
    assert rows[0]["dmarc"] == "D-"  # no mail host either
    assert rows[0]["grade"].isdigit()
    assert (rows[1]["grade"], rows[1]["letter"], rows[1]["spf"]) == (
        "", "not measured", "not measured",
    )  # fmt: skip
    assert (rows[2]["status"], rows[2]["letter"], rows[2]["spf"]) == (
        "nxdomain", "does not apply", "does not apply",
    )  # fmt: skip
    assert all(cell for row in rows for name, cell in row.items() if name != "grade")
    assert "CC-BY-4.0" in path.with_name("sites.csv.license").read_text("utf-8")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(start: str) -> None:
    assert harmless(f"{start}1+1").startswith("'")
    assert harmless("a=1") == "a=1"


def test_a_hostile_domain_is_no_formula(database: sa.Connection, tmp_path: Path) -> None:
    run_id = fill_run(database, [nothing_there("=cmd|'/c calc'!A1")])
    path = write_report(database, run_id, tmp_path, {}).with_name("sites.csv")
    assert ",'=cmd|'/c calc'!A1," in path.read_text("utf-8")


def contents(home: Path) -> dict[str, bytes]:
    """Every file of a report."""
    return {
        file.relative_to(home).as_posix(): file.read_bytes()
        for file in home.rglob("*")
        if file.is_file()
    }


def assert_one_report(page: Path) -> None:
    """The day holds the link and the folder behind it, nothing else."""
    behind = page.parent.resolve().name
    assert {file.name for file in page.parent.parent.iterdir()} == {page.parent.name, behind}


def test_writing_again_gives_the_same_files_and_leaves_no_draft(
    database: sa.Connection, tmp_path: Path
) -> None:
    run_id = fill_run(database, plausible_sites(30))
    path = write_report(database, run_id, tmp_path, rule_texts())
    before = contents(path.parent)
    (path.parent.parent / f".run-{run_id}-killed").mkdir()
    path.write_text("an older page", "utf-8")
    assert write_report(database, run_id, tmp_path, rule_texts()) == path
    assert contents(path.parent) == before
    assert len(before) > 70
    assert_one_report(path)


def test_a_report_that_fails_leaves_the_old_one(database: sa.Connection, tmp_path: Path) -> None:
    run_id = fill_run(database, plausible_sites(5))
    path = write_report(database, run_id, tmp_path, rule_texts())
    before = path.read_bytes()
    charts = tmp_path / "charts"
    charts.mkdir()
    (charts / "bad.sql").write_text("SELECT 1", "utf-8")
    with pytest.raises(ValueError, match=r"bad\.sql"):
        write_report(database, run_id, tmp_path, rule_texts(), charts)
    assert path.read_bytes() == before
    assert_one_report(path)


def test_latest_leads_to_the_newest_day_not_to_the_last_written(
    database: sa.Connection, tmp_path: Path
) -> None:
    sites = plausible_sites(3)
    newest = fill_run(database, sites)
    reread = fill_run(database, sites, day=dt.date(2026, 11, 20), source="archive")
    write_report(database, newest, tmp_path, {})
    page = read(write_report(database, reread, tmp_path, {}))
    assert "archived answers were read again" in page.text
    latest = (tmp_path / "latest.html").read_text("utf-8")
    assert f'href="2026-11-24/run-{newest}/index.html"' in latest
    assert (tmp_path / "2026-11-24" / f"run-{newest}" / "index.html").is_file()
    tenth = fill_run(database, sites)
    write_report(database, tenth, tmp_path, {})
    assert f"run-{tenth}/" in (tmp_path / "latest.html").read_text("utf-8")
