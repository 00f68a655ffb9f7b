"""The look-up without scripts: every site of a report is found, and what is shown is harmless."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from dnstats.grade.advice import advise
from dnstats.grade.catalogue import rule_texts
from dnstats.report import site_shards
from dnstats.report.one_site import clean, find_site, site_page
from dnstats.report.writing import write_report

from tests.report.runs import Site, does_not_exist, fill_run, nobody_knows, plausible_sites

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{ 7*7 }}"


def test_every_site_is_found_and_no_other(
    database: sa.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_shards, "SITES_A_FILE", 7)
    sites = [*plausible_sites(40), nobody_knows("quiet.example")]
    page = write_report(database, fill_run(database, sites), tmp_path, rule_texts(), advise)
    home = page.parent
    for rank, site in enumerate(sites, 1):
        found = find_site(home, site["domain"])
        assert found is not None
        assert found["rank"] == rank
    assert find_site(home, "aaa.example") is find_site(home, "zzz.example") is None
    shown = site_page(home, " HTTPS://Site-1.example./path?x#y ", "site.html")
    assert "<h2>site-1.example</h2>" in shown
    assert "What is wrong, and what to mend first" in shown
    assert "This run has no site nobody.example" in site_page(home, "nobody.example", "site.html")
    assert "<h2>" not in site_page(home, "", "site.html")
    assert "nobody could tell whether it exists" in site_page(home, "quiet.example", "site.html")


def test_hostile_records_and_questions_stay_text(database: sa.Connection, tmp_path: Path) -> None:
    site = Site(HOSTILE.lower(), {}, dns_provider=HOSTILE, mail_provider=HOSTILE)
    page = write_report(database, fill_run(database, [site]), tmp_path, rule_texts(), advise)
    for asked in (HOSTILE, "x" * 10_000, "\x00\u202e", "../../etc/passwd", "%2e%2e", "\ud800"):
        shown = site_page(page.parent, asked, "site.html")
        assert "<script" not in shown
        assert "<img" not in shown
        assert "\u202e" not in shown
        shown.encode("utf-8")


def test_a_report_without_look_up_says_so(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"there is no index\.json"):
        site_page(tmp_path, "a.example", "site.html")


@pytest.mark.parametrize(
    ("typed", "domain"),
    [
        ("Example.COM.", "example.com"),
        ("https://example.com/path", "example.com"),
        ("example.com?x=1", "example.com"),
        ("  a.b  ", "a.b"),
        ("somebody@example.com", "example.com"),
        ("http://user:word@example.com:8080/", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("", ""),
    ],
)
def test_what_somebody_types_is_a_domain(typed: str, domain: str) -> None:
    assert clean(typed) == domain


def test_a_name_below_a_site_leads_to_it(database: sa.Connection, tmp_path: Path) -> None:
    sites = plausible_sites(3)
    page = write_report(database, fill_run(database, sites), tmp_path, rule_texts(), advise)
    shown = site_page(page.parent, "a.www.site-1.example", "site.html")
    assert "This run has no site a.www.site-1.example" in shown
    assert 'href="?domain=site-1.example"' in shown
    assert "It has" not in site_page(page.parent, "nobody.example", "site.html")


def test_what_was_not_measured_is_no_praise(database: sa.Connection, tmp_path: Path) -> None:
    sites = [nobody_knows("quiet.example"), does_not_exist("gone.example")]
    page = write_report(database, fill_run(database, sites), tmp_path, rule_texts(), advise)
    quiet = site_page(page.parent, "quiet.example", "site.html")
    assert "Nothing that costs points" not in quiet
    assert "Too little could be measured" in quiet
    gone = site_page(page.parent, "gone.example", "site.html")
    assert "there is nothing to judge" in gone


def test_the_practice_internet_is_told_of(database: sa.Connection, tmp_path: Path) -> None:
    for dns, is_told in (("lab", True), ("custom", False)):
        run_id = fill_run(database, plausible_sites(2), dns=dns)
        page = write_report(database, run_id, tmp_path / dns, rule_texts(), advise)
        shown = site_page(page.parent, "site-1.example", "site.html")
        assert ("practice internet" in shown) is is_told
