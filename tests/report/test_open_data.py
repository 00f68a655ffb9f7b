"""What a report offers for machines: lists, facts, figures, manifest, look-up, trend."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import sqlalchemy as sa
from dnstats.db.models import Chunk
from dnstats.grade.advice import advise
from dnstats.grade.catalogue import rule_texts
from dnstats.records import spf
from dnstats.report import site_shards
from dnstats.report.facts import FILE
from dnstats.report.site_lists import LISTS
from dnstats.report.writing import write_report

from tests.report.runs import (
    Site,
    does_not_exist,
    fill_run,
    nobody_knows,
    nothing_there,
    plausible_sites,
)


def publish(database: sa.Connection, folder: Path, run_id: int) -> Path:
    return write_report(database, run_id, folder, rule_texts(), advise).parent


def domains(home: Path, name: str) -> list[str]:
    """A list's domains, the same in both its forms."""
    with (home / "lists" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = json.loads((home / "lists" / f"{name}.json").read_text("utf-8"))
    assert [(int(row["rank"]), row["domain"].removeprefix("'")) for row in rows] == [
        (one["rank"], one["domain"]) for one in found
    ]
    return [one["domain"] for one in found]


def test_what_was_not_measured_stands_in_no_list(database: sa.Connection, tmp_path: Path) -> None:
    fails = spf.parse_example("v=spf1 -all")
    sites = [
        nobody_knows("unknown.example"),
        does_not_exist("gone.example"),
        nothing_there("none.example"),
        Site("fails.example", {"spf": fails}),
        Site("=formula.example", {"spf": fails}),
    ]
    home = publish(database, tmp_path, fill_run(database, sites, unread=2))
    listed = {one.name: domains(home, one.name) for one in LISTS}
    assert listed["spf"] == listed["spf_fail"] == ["fails.example", "=formula.example"]
    assert listed["no_spf"] == ["none.example"]
    assert not [name for name, found in listed.items() if "unknown.example" in found]
    assert not [name for name, found in listed.items() if "gone.example" in found]
    manifest = json.loads((home / "manifest.json").read_text("utf-8"))
    counts = {one["name"]: one for one in manifest["lists"]}
    assert counts["spf"]["sites"] == 2
    assert counts["spf"]["not_measured"] == 1 + 2, "those of failed chunks count too"
    assert ",'=formula.example" in (home / "lists" / "spf.csv").read_text("utf-8")


def test_no_list_is_always_empty() -> None:
    facts = FILE.read_text("utf-8")
    for one in LISTS:
        value = one.condition.partition("= ")[2].strip("'")
        begin, sign, end = value.partition("=")  # 'p=' || policy
        assert f"'{value}'" in facts or (f"'{begin}{sign}'" in facts and f"'{end}'" in facts), (
            f"the list {one.name} would always be empty: no fact is ever {value!r}"
        )


def test_every_list_of_the_predecessor_is_there_but_those_that_need_http() -> None:
    names = {one.name for one in LISTS}
    assert names >= {
        "mx", "no_mx", "dnssec", "no_dnssec", "caa", "no_caa", "caa_reporting", "no_caa_reporting",
        "dmarc", "no_dmarc", "dmarc_none", "dmarc_quarantine", "dmarc_reject", "dmarc_invalid",
        "spf", "no_spf", "spf_pass", "spf_neutral", "spf_softfail", "spf_fail",
    }  # fmt: skip
    assert len(names) == len(LISTS) >= 24


def test_parquet_holds_facts_and_grades_of_every_site(
    database: sa.Connection, tmp_path: Path
) -> None:
    sites = [*plausible_sites(20), nobody_knows("unknown.example")]
    home = publish(database, tmp_path, fill_run(database, sites))
    rows = pq.read_table(home / "sites.parquet").to_pylist()
    assert [row["domain"] for row in rows] == [site["domain"] for site in sites]
    assert rows[-1]["spf"] == rows[-1]["dnssec_state"] == "not measured"
    assert rows[-1]["grade"] is None
    graded = [row for row in rows if row["grade"] is not None]
    assert graded
    assert all(0 <= row["grade"] <= 100 and row["letter"] for row in graded)
    assert {"grade_spf", "grade_dmarc", "ns_service", "band"} <= set(rows[0])


def test_the_manifest_says_what_the_run_was_made_of(
    database: sa.Connection, tmp_path: Path
) -> None:
    run_id = fill_run(database, plausible_sites(10), unread=1, versions={"rules": 3, "archive": 1})
    report = {"questions": 7, "outcomes": {"present": 4, "not_measured": 3},
              "reasons": {"timeout": 3}, "highest_rate": 19,
              "highest_rate_server": "192.0.2.1", "highest_network_rate": 30,
              "highest_rate_network": "192.0.2.0/24"}  # fmt: skip
    database.execute(sa.update(Chunk).where(Chunk.run_id == run_id).values(scan_report=report))
    home = publish(database, tmp_path, run_id)
    manifest = json.loads((home / "manifest.json").read_text("utf-8"))
    assert manifest["versions"] | {"rules": 3, "archive": 1} == manifest["versions"]
    assert manifest["settings"]["resolvers"] == ["192.0.2.53"]
    assert manifest["site_list"]["sha256"] == "0"
    assert sum(manifest["sites"]["by_status"].values()) == manifest["sites"]["read"] == 10
    chunks = 2  # the second one is that of the unread site
    assert manifest["scan"]["not_measured_because"] == {"timeout": 3 * chunks}
    assert manifest["highest_rate"] == {"queries_in_a_second": 19, "at": "192.0.2.1"}
    network = {"queries_in_a_second": 30, "at": "192.0.2.0/24"}
    assert manifest["highest_rate_at_a_network"] == network
    politeness = "nor than 30 to all of one network together (192.0.2.0/24)"
    assert politeness in (home / "index.html").read_text("utf-8")
    for file in manifest["files"]:
        content = (home / file["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            file["bytes"], file["sha256"],
        )  # fmt: skip
    page = (home / "index.html").read_text("utf-8")
    assert "never more than 19 questions within one second" in page


def look_up(home: Path, domain: str) -> dict[str, Any] | None:
    """What the look-up's script does."""
    first = json.loads((home / "sites" / "index.json").read_text("utf-8"))["first"]
    number = max([n for n, name in enumerate(first) if name <= domain], default=0)
    content = gzip.decompress((home / "sites" / f"{number:05d}.json.gz").read_bytes())
    return next((site for site in json.loads(content) if site["domain"] == domain), None)


def test_every_site_is_found_in_the_file_that_the_index_names(
    database: sa.Connection, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(site_shards, "SITES_A_FILE", 7)
    sites = plausible_sites(40)
    run_id = fill_run(database, sites)
    home = publish(database, tmp_path, run_id)
    assert len(list((home / "sites").glob("*.gz"))) == 6
    rules = json.loads((home / "sites" / "rules.json").read_text("utf-8"))
    remarks = 0
    for rank, site in enumerate(sites, 1):
        found = look_up(home, site["domain"])
        assert found is not None
        assert found["rank"] == rank
        remarks += len(found["remarks"])
        lost: dict[str, int] = {}
        for code, family, _, points, _, _ in found["remarks"]:
            assert rules[code]["help"]
            lost[family] = lost.get(family, 0) + points
        for family, grade, mark, why, _ in found["grades"]:
            assert (grade is None) == (mark is None) == bool(why)
            if grade is not None:
                assert grade == max(0, 100 - lost.get(family, 0)), "a reader can add it up"
    assert remarks > 100
    assert look_up(home, "nobody.example") is None


def test_a_site_is_told_what_the_next_letter_takes(database: sa.Connection, tmp_path: Path) -> None:
    home = publish(database, tmp_path, fill_run(database, plausible_sites(30)))
    found = [look_up(home, site["domain"]) for site in plausible_sites(30)]
    ways = [one for one in found if one and one["next"]]
    assert ways
    for one in ways:
        assert set(one["next"]["mend"]) <= {code for code, *_ in one["remarks"]}


def test_the_trend_holds_reports_that_can_be_compared(
    database: sa.Connection, tmp_path: Path
) -> None:
    sites = plausible_sites(40)
    first = publish(database, tmp_path, fill_run(database, sites, day=dt.date(2026, 11, 20)))
    assert "Trend" not in (first / "index.html").read_text("utf-8")
    publish(database, tmp_path, fill_run(database, sites, day=dt.date(2026, 11, 21), dns="lab"))
    publish(database, tmp_path, fill_run(database, sites[:5], day=dt.date(2026, 11, 22)))
    broken = publish(database, tmp_path, fill_run(database, sites, day=dt.date(2026, 11, 23)))
    (broken / "figures.json").write_text("{}", "utf-8")
    publish(database, tmp_path, fill_run(database, sites, day=dt.date(2026, 11, 25)))
    home = publish(database, tmp_path, fill_run(database, sites, day=dt.date(2026, 11, 24)))
    page = (home / "index.html").read_text("utf-8")
    section = page.partition('<h2 id="trend">')[2].partition("</section>")[0]
    assert "2026-11-20" in section
    assert "2026-11-24" in section
    for day in (21, 22, 23, 25):
        assert f"2026-11-{day}" not in section
    assert section.count("<polyline") == section.count("<title>") == section.count("<caption>") >= 6


def test_all_reports_stand_on_the_first_page(database: sa.Connection, tmp_path: Path) -> None:
    for day in (23, 24):
        publish(
            database, tmp_path, fill_run(database, plausible_sites(3), day=dt.date(2026, 11, day))
        )
    page = (tmp_path / "index.html").read_text("utf-8")
    assert page.index("2026-11-24/run-") < page.index("2026-11-23/run-")
