"""The page of the rules, and their texts for the report."""

from __future__ import annotations

from pathlib import Path

import pytest
from dnstats.grade.catalogue import COMMAND, PAGE, main, rule_texts, write_catalogue
from dnstats.grade.rule import RULES
from dnstats.grade.scale import POINTS


def test_the_page_is_what_the_rules_say() -> None:
    is_same = PAGE.is_file() and PAGE.read_text("utf-8") == write_catalogue()
    assert is_same, f"{PAGE.name} is not what the rules say. Run: {COMMAND}"


def test_every_rule_has_its_section() -> None:
    page = write_catalogue()
    for code, rule in RULES.items():
        assert f"### {code}: {rule.title}\n" in page
        assert rule.reference in page


def test_check_tells_a_stale_page_and_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "docs" / "rules.md"
    assert main(["--check"], page) == 1
    assert COMMAND in capsys.readouterr().err
    assert main([], page) == 0
    assert main(["--check"], page) == 0
    page.write_text(page.read_text("utf-8") + "by hand\n", "utf-8")
    assert main(["--check"], page) == 1


def test_an_unknown_option_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--wrong"], tmp_path / "rules.md") == 2
    assert "usage" in capsys.readouterr().err


def test_the_texts_of_every_rule_are_whole() -> None:
    texts = rule_texts()
    assert set(texts) == set(RULES)
    for code, text in texts.items():
        assert text.code == code
        assert text.title
        assert "\n" not in text.help
        assert text.points == POINTS[RULES[code].severity]
