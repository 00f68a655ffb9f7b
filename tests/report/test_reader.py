"""The pages as their readers meet them: by keyboard, by ear, and in numbers of one."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from dnstats.grade.advice import advise
from dnstats.grade.catalogue import rule_texts
from dnstats.grade.scale import LETTERS, POINTS, WEIGHTS
from dnstats.report import page as pages
from dnstats.report.families import FAMILIES, family_name
from dnstats.report.one_site import site_page
from dnstats.report.page import counted
from dnstats.report.writing import write_report

from tests.report.runs import fill_run, plausible_sites

FOCUSED_BY_ITSELF = ("a", "button", "input", "summary")


class Outline(HTMLParser):
    """What somebody who does not see the page, or has no mouse, gets of it."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.levels: list[int] = []
        self.links: list[str] = []
        self.text = ""
        self.unreachable: list[str] = []  # regions that scroll, in which nothing takes the focus
        self._silent = 0
        self._scrolls: list[tuple[int, str, bool]] = []
        self._depth = 0
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids += [given["id"] or ""] if "id" in given else []
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "a":
            self.links.append(given.get("href") or "")
        self._silent += tag in ("style", "script")
        if tag in FOCUSED_BY_ITSELF:
            self._scrolls = [(depth, what, True) for depth, what, _ in self._scrolls]
        if tag == "div":
            self._depth += 1
            if "scroll" in (given.get("class") or "").split():
                is_named = bool(given.get("aria-label") or given.get("aria-labelledby"))
                can_focus = given.get("tabindex") == "0" and given.get("role") == "region"
                self._scrolls.append((self._depth, str(given), can_focus and is_named))

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "script")
        if tag == "div":
            while self._scrolls and self._scrolls[-1][0] == self._depth:
                _, what, is_reached = self._scrolls.pop()
                self.unreachable += [] if is_reached else [what]
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.text += data


@pytest.fixture
def reports(database: sa.Connection, tmp_path: Path) -> Path:
    """The folder of the reports of two days, the newer of a run of 40 sites."""
    for day, seed in (("2026-11-23", 1), ("2026-11-24", 2)):
        run_id = fill_run(database, plausible_sites(40, seed), day=day)
        write_report(database, run_id, tmp_path, rule_texts(), advise)
    return tmp_path


def outlines(reports: Path) -> dict[str, Outline]:
    home = (reports / "latest").resolve()
    found = {
        name: Outline((home / name).read_text("utf-8"))
        for name in ("index.html", "site.html", "providers.html", "tlds.html", "rules.html")
    }
    found["overview"] = Outline((reports / "index.html").read_text("utf-8"))
    found["one site"] = Outline(site_page(home, "site-1.example", "site.html"))
    return found


def test_every_page_is_read_without_eyes_and_mouse(reports: Path) -> None:
    for name, page in outlines(reports).items():
        assert page.links[0] == "#main", name
        assert "main" in page.ids, name
        assert len(page.ids) == len(set(page.ids)), name
        assert page.levels[0] == 1, name
        assert page.levels.count(1) == 1, name
        steps = zip(page.levels, page.levels[1:], strict=False)
        assert all(after - before <= 1 for before, after in steps), f"{name}: {page.levels}"
        assert not page.unreachable, name


def test_backticks_of_rules_are_shown_on_no_page(reports: Path) -> None:
    for name, page in outlines(reports).items():
        assert "`" not in page.text, name


def test_one_is_not_told_as_many(database: sa.Connection, tmp_path: Path) -> None:
    run_id = fill_run(database, plausible_sites(1))
    page = write_report(database, run_id, tmp_path, rule_texts(), advise)
    assert page.parent.is_dir()
    for name, outline in outlines(tmp_path).items():
        found = re.findall(
            r"(?<![\d.,–])1 (?:sites|questions|points|changes|domains)\b", outline.text
        )
        assert not found, name
    assert (counted(1, "site"), counted(0, "site")) == ("1 site", "0 sites")
    assert counted(1234, "site") == "1,234 sites"


def test_every_family_has_a_name_and_what_it_is() -> None:
    assert set(FAMILIES) == {"overall", *WEIGHTS}
    assert family_name("new_kind") == "NEW-KIND"


def test_the_scale_in_words_is_the_scale(reports: Path) -> None:
    lowest = {name: grade for grade, name in LETTERS}
    for name in "ABCD":
        assert f"{name} from {lowest[f'{name}-']}" in pages.LETTERS
        assert lowest[f"{name}-"] + 3 == lowest[name]
        assert lowest[f"{name}+"] == lowest[name] + 4
    assert f"A+ from {lowest['A+']}" in pages.LETTERS
    costs = ", ".join(f"{severity.value} {points}" for severity, points in POINTS.items())
    assert costs in outlines(reports)["one site"].text


def test_what_holds_for_paper_stands_last() -> None:
    """Else `.look-up` would show its form on paper again: the later rule wins."""
    last = (pages.TEMPLATES / "report.css").read_text("utf-8").rstrip().splitlines()[-1]
    assert last.startswith("@media print{")
    assert ".look-up" in last.partition("{display:none}")[0]
