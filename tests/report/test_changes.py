"""What changed since the report before: what both days could tell, never what only the list did."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import sqlalchemy as sa
from dnstats.db.models import Run, SiteList, SiteName, SiteRank
from dnstats.db.partitions import make_list_partition
from dnstats.grade.advice import advise
from dnstats.grade.catalogue import rule_texts
from dnstats.records import dmarc, spf
from dnstats.report.writing import write_report

from tests.report.runs import Site, fill_run, nobody_knows, nothing_there, plausible_sites

SPF = spf.parse_example("v=spf1 -all")
NONE = dmarc.parse_example("v=DMARC1; p=none; rua=mailto:a@a.example")
REJECT = dmarc.parse_example("v=DMARC1; p=reject; rua=mailto:a@a.example")
YESTERDAY, TODAY = dt.date(2026, 11, 23), dt.date(2026, 11, 24)


def publish(database: sa.Connection, folder: Path, run_id: int) -> Path:
    return write_report(database, run_id, folder, rule_texts(), advise).parent


def two_days(
    database: sa.Connection, folder: Path, before: list[Site], now: list[Site]
) -> tuple[str, list[list[str]]]:
    """The second day's page and its changes."""
    publish(database, folder, fill_run(database, before, day=YESTERDAY))
    home = publish(database, folder, fill_run(database, now, day=TODAY))
    with (home / "changes.csv").open(encoding="utf-8", newline="") as file:
        return (home / "index.html").read_text("utf-8"), list(csv.reader(file))[1:]


def test_a_change_is_told_where_both_days_could_tell(
    database: sa.Connection, tmp_path: Path
) -> None:
    before = [
        nothing_there("began.example"),
        Site("stopped.example", {"spf": SPF}),
        Site("silent.example", {"spf": SPF}),
        Site("raised.example", {"dmarc": NONE}),
        nothing_there("gone.example"),
    ]
    now = [
        Site("new.example", {"spf": SPF}),
        Site("raised.example", {"dmarc": REJECT}),
        nobody_knows("silent.example"),
        nothing_there("stopped.example"),
        Site("began.example", {"spf": SPF}, dns_provider="=Cloudflare"),
    ]
    page, rows = two_days(database, tmp_path, before, now)
    told = {(domain, what): (was, is_now) for _, domain, what, was, is_now in rows}
    assert told["began.example", "SPF"] == ("none", "published")
    assert told["stopped.example", "SPF"] == ("published", "none")
    assert told["raised.example", "DMARC policy"] == ("p=none", "p=reject")
    assert told["began.example", "DNS provider"] == ("unknown", "'=Cloudflare")
    assert not [one for one in told if one[0] in ("silent.example", "new.example", "gone.example")]
    section = page.partition('<h2 id="changed">')[2].partition("</section>")[0]
    assert "4 sites in both, 1 new, 1 gone" in section
    assert "2026-11-23/run-" in section
    assert "<td>1</td><td>1</td><td>0</td><td>2</td><td>2</td>" in section, "SPF: silent, raised"


def test_the_first_report_and_other_ranks_have_nothing_before(
    database: sa.Connection, tmp_path: Path
) -> None:
    publish(database, tmp_path, fill_run(database, plausible_sites(5), day=YESTERDAY))
    home = publish(database, tmp_path, fill_run(database, plausible_sites(9), day=TODAY))
    assert not (home / "changes.csv").exists()
    assert 'id="changed"' not in (home / "index.html").read_text("utf-8")


def test_an_older_report_that_cannot_be_read_is_no_fault(
    database: sa.Connection, tmp_path: Path
) -> None:
    sites = plausible_sites(5)
    before = publish(database, tmp_path, fill_run(database, sites, day=YESTERDAY))
    (before / "sites.parquet").write_bytes(b"PAR1 not")
    home = publish(database, tmp_path, fill_run(database, sites, day=TODAY))
    assert 'id="changed"' not in (home / "index.html").read_text("utf-8")


def test_grades_by_other_rules_are_not_compared(database: sa.Connection, tmp_path: Path) -> None:
    sites = plausible_sites(9)
    before = publish(database, tmp_path, fill_run(database, sites, day=YESTERDAY))
    figures = json.loads((before / "figures.json").read_text("utf-8"))
    (before / "figures.json").write_text(json.dumps(figures | {"rules_version": 1}), "utf-8")
    home = publish(database, tmp_path, fill_run(database, sites, day=TODAY))
    assert "Other rules held then" in (home / "index.html").read_text("utf-8")


def test_the_list_tells_who_is_new_and_gone(database: sa.Connection, tmp_path: Path) -> None:
    changes = {
        "since": "list of yesterday", "new": 1, "gone": 1, "moved": 3, "unmoved": 4,
        "entered": [{"domain": "<b>new.example", "before": None, "now": 2}],
        "left": [{"domain": "old.example", "before": 2, "now": None}], "risen": [], "fallen": [],
    }  # fmt: skip
    run_id = fill_run(database, plausible_sites(3))
    list_id = database.scalar(sa.select(Run.site_list_id).where(Run.id == run_id))
    assert list_id is not None
    database.execute(sa.update(SiteList).where(SiteList.id == list_id).values(changes=changes))
    before = database.scalar(
        sa.insert(SiteList)
        .values(name="list of yesterday", source="x", sha256="x", sites=2, junk={})
        .returning(SiteList.id)
    )
    assert before is not None
    names = {
        name: database.scalar(sa.insert(SiteName).values(domain=name).returning(SiteName.id))
        for name in ("stays.example", "old.example", "=new.example")
    }
    for one, domains in ((before, ("stays.example", "old.example")),
                         (list_id, ("stays.example", "=new.example"))):  # fmt: skip
        make_list_partition(database, one)
        for rank, name in enumerate(domains, 1):
            database.execute(
                sa.insert(SiteRank).values(site_list_id=one, rank=rank, site_id=names[name])
            )
    home = publish(database, tmp_path, run_id)
    page = (home / "index.html").read_text("utf-8")
    assert "Against list of yesterday: 1 site new, 1 gone, 3 with another rank" in page
    assert "&lt;b&gt;new.example" in page
    written = (home / "list_changes.csv").read_text("utf-8").splitlines()
    assert written == ["domain,before,now", "'=new.example,,2", "old.example,2,"]
