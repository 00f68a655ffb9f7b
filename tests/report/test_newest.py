"""`latest` leads to the newest full report, whatever was tried by hand that day."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dnstats.report.newest import newest_page, point_to_latest
from dnstats.report.publishing import publish, published_homes

MILLION = 1_000_000


def put(
    folder: Path, home: str, sites: int = MILLION, name: str = "scheduled__x", dns: str = "system"
) -> None:
    """A report of this run, published as the last."""
    manifest = {"name": name, "dns": dns, "sites": {"in_the_list": sites}}

    def write(draft: Path) -> None:
        (draft / "index.html").write_text(home)
        (draft / "manifest.json").write_text(json.dumps(manifest))

    publish(folder, home, write)
    point_to_latest(folder)


def latest(folder: Path) -> str:
    """The report that `latest` leads to, by all three ways to it."""
    page = newest_page(folder)
    assert page is not None
    home = (folder / "latest" / "index.html").read_text()
    assert page == f"{home}/index.html"
    assert f'href="{page}"' in (folder / "latest.html").read_text()
    return home


@pytest.mark.parametrize("late", ["2026-11-24/run-2", "2026-11-25/run-2"])
def test_a_small_run_by_hand_after_the_daily_one_does_not_take_its_place(
    tmp_path: Path, late: str
) -> None:
    put(tmp_path, "2026-11-24/run-1")
    put(tmp_path, late, 100, "manual__x")
    assert latest(tmp_path) == "2026-11-24/run-1"
    put(tmp_path, "2026-11-25/run-3", MILLION - 5)
    assert latest(tmp_path) == "2026-11-25/run-3"


def test_on_a_fresh_install_the_only_run_leads_however_small(tmp_path: Path) -> None:
    assert newest_page(tmp_path) is None
    put(tmp_path, "2026-11-24/run-1", 3, "manual__x", "lab")
    assert latest(tmp_path) == "2026-11-24/run-1"
    put(tmp_path, "2026-11-25/run-2", 2, "manual__x", "lab")
    assert latest(tmp_path) == "2026-11-25/run-2", "there is no schedule to compare with"


def test_a_whole_run_by_hand_leads_as_a_daily_one_does(tmp_path: Path) -> None:
    put(tmp_path, "2026-11-24/run-1")
    put(tmp_path, "2026-11-25/run-2", 950_000, "manual__x")
    assert latest(tmp_path) == "2026-11-25/run-2"


def test_a_day_read_again_leads_after_the_run_that_asked(tmp_path: Path) -> None:
    put(tmp_path, "2026-11-24/run-1")
    put(tmp_path, "2026-11-24/run-2", MILLION, "backfill__x")
    assert latest(tmp_path) == "2026-11-24/run-2"
    put(tmp_path, "2026-11-20/run-3", MILLION, "backfill__x")
    assert latest(tmp_path) == "2026-11-24/run-2", "an older day, whenever it was read"


def test_of_several_by_hand_on_one_day_the_largest_leads_of_equals_the_newest(
    tmp_path: Path,
) -> None:
    for run, sites in ((9, 500), (10, 500), (11, 20)):
        put(tmp_path, f"2026-11-25/run-{run}", sites, "manual__x")
    assert latest(tmp_path) == "2026-11-25/run-10"


def test_a_list_that_was_made_shorter_for_good_leads_at_once(tmp_path: Path) -> None:
    put(tmp_path, "2026-11-24/run-1")
    put(tmp_path, "2026-11-25/run-2", 1_000, "asset_triggered__x")
    assert latest(tmp_path) == "2026-11-25/run-2"


def test_a_schedule_that_was_given_up_has_no_say_after_a_week(tmp_path: Path) -> None:
    put(tmp_path, "2026-11-18/run-1")
    put(tmp_path, "2026-11-24/run-2", 100, "manual__x")
    assert latest(tmp_path) == "2026-11-18/run-1"
    put(tmp_path, "2026-11-25/run-3", 100, "manual__x")
    assert latest(tmp_path) == "2026-11-25/run-3"


def test_a_practice_run_never_stands_before_one_of_real_dns(tmp_path: Path) -> None:
    put(tmp_path, "2026-11-24/run-1", 500, "manual__x")
    put(tmp_path, "2026-11-25/run-2", 5_000, "scheduled__x", "lab")
    assert latest(tmp_path) == "2026-11-24/run-1"


def test_reports_of_a_version_without_a_manifest_and_folders_of_others_do_no_harm(
    tmp_path: Path,
) -> None:
    put(tmp_path, "2026-11-24/run-1", 100, "manual__x")
    for home in ("2026-11-25/run-2", "2026-13-45/run-3"):
        (tmp_path / home).mkdir(parents=True)
        (tmp_path / home / "index.html").write_text(home)
    point_to_latest(tmp_path)
    assert latest(tmp_path) == "2026-11-25/run-2"
    assert published_homes(tmp_path) == ["2026-11-25/run-2", "2026-11-24/run-1"]
