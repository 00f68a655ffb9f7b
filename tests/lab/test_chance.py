"""Seeded choices."""

from __future__ import annotations

from collections import Counter

from dnstats.lab.chance import Chance


def test_a_choice_depends_on_seed_subject_and_label() -> None:
    numbers = {
        Chance(seed, subject).number(label) for seed in (1, 2) for subject in "ab" for label in "xy"
    }
    assert len(numbers) == 8
    assert Chance(1, "a").number("x") == Chance(1, "a").number("x")


def test_shares_are_even() -> None:
    drawn = [Chance(1, str(n)).share("x") for n in range(5000)]
    assert all(0 <= value < 1 for value in drawn)
    assert 0.48 < sum(drawn) / len(drawn) < 0.52


def test_weights_are_kept() -> None:
    drawn = Counter(Chance(1, str(n)).weighted("x", {"a": 3, "b": 1}) for n in range(5000))
    assert 0.72 < drawn["a"] / 5000 < 0.78


def test_several_are_distinct() -> None:
    for n in range(50):
        assert len(set(Chance(1, str(n)).several("x", range(10), 6))) == 6


def test_any_subject_will_do() -> None:
    assert 0 <= Chance(1, "\udcff\xff\0").share("x") < 1
