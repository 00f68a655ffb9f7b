"""Providers and top-level domains: what their sites share, and what could not be measured there."""

from __future__ import annotations

import csv
from pathlib import Path

import sqlalchemy as sa
from dnstats.db.queries import run_summary
from dnstats.grade.advice import advise
from dnstats.grade.catalogue import rule_texts
from dnstats.records import spf
from dnstats.records.record import Reading
from dnstats.report.facts import gather_facts
from dnstats.report.groups import GroupTable, read_groups
from dnstats.report.writing import write_report

from tests.report.runs import Site, does_not_exist, fill_run, nobody_knows, nothing_there

OPEN = spf.parse_example("v=spf1 +all")
GOOD = spf.parse_example("v=spf1 -all")


def sites_of(
    provider: str, count: int, reading: Reading | None, tld: str = "example"
) -> list[Site]:
    name = "".join(one for one in provider.lower() if one.isalnum())
    return [
        Site(f"{name}{number}.{tld}", {"spf": reading}, mail_provider=provider)
        for number in range(count)
    ]


def tables(database: sa.Connection, sites: list[Site]) -> dict[str, GroupTable]:
    run_id = fill_run(database, sites)
    gather_facts(database, run_id)
    found = read_groups(database, run_summary(database, run_id), rule_texts())
    return {one.view.name: one for one in found}


def test_a_fault_that_one_provider_gives_its_sites_is_told(database: sa.Connection) -> None:
    sites = [*sites_of("Careless", 30, OPEN), *sites_of("Careful", 60, GOOD)]
    mail = tables(database, sites)["mail_providers"]
    assert [(one.name, one.sites) for one in mail.groups] == [("Careful", 60), ("Careless", 30)]
    careful, careless = mail.groups
    assert not [one for one in careful.faults if one.code == "SPF022"]
    (fault,) = [one for one in careless.faults if one.code == "SPF022"]
    assert (fault.here, fault.elsewhere) == (100.0, 0.0)
    assert careless.means["spf"].grade < careful.means["spf"].grade == 100
    assert careless.shares["spf"].percent == 100


def test_an_outage_is_one_event(database: sa.Connection) -> None:
    silent = [
        Site(f"silent{number}.example", {}, is_measured=number < 10, dns_provider="Silent")
        for number in range(30)
    ]
    others = [
        Site(f"fine{number}.example", {"spf": GOOD}, dns_provider="Fine") for number in range(200)
    ]
    dns = tables(database, [*silent, *others])["dns_providers"]
    assert [(one.name, one.not_measured) for one in dns.outages] == [("Silent", 20)]


def test_who_belongs_nowhere_is_in_no_group_and_is_counted(database: sa.Connection) -> None:
    sites = [
        nobody_knows("unknown.example"),
        does_not_exist("gone.example"),
        nothing_there("nothing.test"),
    ]
    found = tables(database, sites)
    assert found["mail_providers"].groups == ()
    assert (found["mail_providers"].untold, found["mail_providers"].nowhere) == (1, 1)
    assert {one.name: one.sites for one in found["tlds"].groups} == {"example": 1, "test": 1}


def test_pages_and_files_of_groups_are_harmless(database: sa.Connection, tmp_path: Path) -> None:
    sites = [
        *sites_of("<script>alert(1)</script>", 25, OPEN, "example"),
        *sites_of("=cmd|' /C calc'!A0", 25, GOOD, "test"),
    ]
    run_id = fill_run(database, sites)
    home = write_report(database, run_id, tmp_path, rule_texts(), advise).parent
    pages = [(home / f"{name}.html").read_text("utf-8") for name in ("providers", "tlds")]
    assert "<script" not in "".join(pages)
    assert "&lt;script&gt;" in pages[0]
    assert "test" in pages[1]
    with (home / "mail_providers.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["name"][:2] for row in rows} == {"<s", "'="}
    assert all(row["spf_published"] == row["spf_told"] == "25" for row in rows)
