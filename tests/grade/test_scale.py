"""The scale: letters, weights, and a version that is raised with every change."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import dnstats.grade.rules  # noqa: F401  (registers every rule: this file runs alone too)
import pytest
from dnstats.grade import fingerprint as recorded
from dnstats.grade.rule import RULES, rules_of
from dnstats.grade.scale import (
    EXTRAS,
    FATAL,
    LETTERS,
    NEEDED,
    POINTS,
    RULES_VERSION,
    WEIGHTS,
    Severity,
    letter,
    overall,
)
from dnstats.process.site_run import GRADED
from dnstats.records import FAMILIES
from hypothesis import given
from hypothesis import strategies as st


def test_every_grade_has_a_letter_and_better_grades_no_worse_one() -> None:
    names = [name for _, name in LETTERS]
    places = [names.index(letter(grade)) for grade in range(101)]
    assert places == sorted(places, reverse=True)
    assert letter(100) == "A+"
    assert letter(0) == "F"
    assert set(places) == set(range(len(LETTERS)))


@pytest.mark.parametrize(("lowest", "name"), LETTERS)
def test_a_letter_begins_at_its_lowest_grade(lowest: int, name: str) -> None:
    assert letter(lowest) == name
    if lowest:
        assert letter(lowest - 1) != name


def test_a_worse_severity_costs_more() -> None:
    costs = [POINTS[severity] for severity in Severity]
    assert costs == sorted(costs, reverse=True)
    assert costs[0] == 100
    assert costs[-1] == 0


def test_every_graded_family_is_a_record_family_with_rules() -> None:
    for family in WEIGHTS:
        assert family in FAMILIES
        assert rules_of(family), f"{family} is graded and has no rules"


def test_every_rule_stands_in_a_record_family() -> None:
    assert {rule.family for rule in RULES.values()} <= set(FAMILIES)


grades = st.dictionaries(
    st.sampled_from(sorted(WEIGHTS)), st.none() | st.integers(min_value=0, max_value=100)
)


@given(grades)
def test_the_overall_grade_lies_between_the_grades_that_count(
    given_grades: dict[str, int | None],
) -> None:
    without_extras = {name: one for name, one in given_grades.items() if name not in EXTRAS}
    counting = [
        grade for family, grade in without_extras.items() if grade is not None and WEIGHTS[family]
    ]
    total = overall(without_extras)
    if counting:
        assert total is not None
        assert min(counting) <= total <= max(counting)
    else:
        assert total is None


@given(grades)
def test_an_extra_takes_off_its_weight_at_most_and_adds_nothing(
    given_grades: dict[str, int | None],
) -> None:
    without = overall({name: one for name, one in given_grades.items() if name not in EXTRAS})
    total = overall(given_grades)
    if without is None or total is None:
        assert total is without
    else:
        assert without - sum(WEIGHTS[name] for name in EXTRAS) - 1 <= total <= without


@given(grades, st.sets(st.sampled_from(sorted(WEIGHTS))))
def test_what_was_not_measured_never_lowers_the_overall_grade(
    given_grades: dict[str, int | None], silent: set[str]
) -> None:
    before = overall(given_grades)
    left = {name: None if name in silent else one for name, one in given_grades.items()}
    after = overall(left, silent)
    if silent & set(NEEDED):
        assert after is None
    else:
        assert after is before is None or (after or 0) >= (before or 0)


def test_a_site_that_counts_as_measured_is_one_with_an_overall_grade() -> None:
    assert set(NEEDED) == set(GRADED)


def test_a_fatal_fault_leaves_nothing() -> None:
    assert overall({"dnssec": 0, "ns": 100}, ["spf", "dmarc"], fatal=True) == 0
    assert set(RULES) >= FATAL


@given(grades, st.sampled_from(sorted(WEIGHTS)), st.integers(min_value=0, max_value=100))
def test_one_more_remark_never_raises_a_grade(
    given_grades: dict[str, int | None], family: str, points: int
) -> None:
    before = given_grades.get(family)
    if before is None:
        return
    after = {**given_grades, family: max(0, before - points)}
    total, worse = overall(given_grades), overall(after)
    assert total is None or (worse is not None and worse <= total)


def test_what_does_not_apply_neither_helps_nor_harms() -> None:
    assert overall({"spf": 80, "dmarc": None}) == 80
    assert overall({"spf": 80, "dmarc": 80}) == 80


def test_the_version_is_raised_with_every_change_of_rules_or_scale() -> None:
    known = json.loads(recorded.RECORD.read_text("utf-8"))
    todo = recorded.compare(known, RULES_VERSION, recorded.fingerprint())
    assert not todo, todo


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "grade"
    shutil.copytree(recorded.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("scale.py", "Severity.MEDIUM: 15", "Severity.MEDIUM: 14"),
        ("scale.py", '"dmarc": 25', '"dmarc": 24'),
        ("rules/soa.py", "Severity.MEDIUM", "Severity.LOW"),
        ("rule.py", "return None", "return Abstain('')"),
    ],
)
def test_a_change_that_moves_grades_changes_the_fingerprint(
    copied: Path, file: str, old: str, new: str
) -> None:
    text = (copied / file).read_text("utf-8")
    assert old in text
    (copied / file).write_text(text.replace(old, new, 1), "utf-8")
    assert recorded.fingerprint(copied) != recorded.fingerprint()


def test_words_and_the_number_itself_do_not_change_the_fingerprint(copied: Path) -> None:
    scale = copied / "scale.py"
    text = scale.read_text("utf-8")
    changed = text.replace(f"RULES_VERSION = {RULES_VERSION}", "RULES_VERSION = 99  # so")
    scale.write_text(changed.replace('"""The whole policy', '"""All of the policy'), "utf-8")
    assert scale.read_text("utf-8") != text
    assert recorded.fingerprint(copied) == recorded.fingerprint()


def test_a_recorded_version_is_not_recorded_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "rules_fingerprint.json"
    record.write_text(json.dumps({str(RULES_VERSION): "another"}), "utf-8")
    assert recorded.main([], record) == 1
    assert "raise it in grade/scale.py" in capsys.readouterr().err
    assert recorded.main(["--unreleased"], record) == 0
    assert recorded.main([], record) == 0
