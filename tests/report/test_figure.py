"""Shares: of what was measured, with what was not, and never more than there is."""

from __future__ import annotations

import pytest
from dnstats.report.chart import DOES_NOT_APPLY, KINDS, NOT_MEASURED, Chart, Count
from dnstats.report.figure import MOST_BARS, NEUTRAL, Figure, make_figure, percent, show_percent
from hypothesis import given
from hypothesis import strategies as st


def chart(kind: str, unit: str = "sites") -> Chart:
    return Chart("mine", "Title", "Question?", kind, "SELECT", unit=unit)


def counts(*rows: tuple[str, int]) -> list[Count]:
    return [Count("", label, value, None) for label, value in rows]


def figure(kind: str, *rows: tuple[str, int], unread: int = 0) -> Figure:
    return make_figure(chart(kind), counts(*rows), unread)


def test_a_share_is_of_the_measured_and_keeps_what_was_not() -> None:
    (panel,) = figure(
        "share", ("yes", 30), ("no", 50), (NOT_MEASURED, 20), (DOES_NOT_APPLY, 7)
    ).panels
    assert (panel.measured, panel.not_measured, panel.does_not_apply) == (80, 20, 7)
    yes, no = panel.parts
    assert (yes.share, no.share) == (37.5, 62.5)
    assert (yes.lowest, yes.highest) == (30, 50)
    assert (yes.start, yes.length, no.start, no.length) == (0, 30, 30, 50)
    assert panel.unmeasured_length == 20


def test_sites_of_failed_chunks_were_not_measured() -> None:
    (panel,) = figure("share", ("yes", 10), unread=90).panels
    assert panel.not_measured == 90
    assert panel.parts[0].share == 100
    assert panel.parts[0].lowest == 10


def test_sites_are_not_added_to_a_chart_of_something_else() -> None:
    (panel,) = make_figure(chart("bars", unit="records"), counts(("timeout", 3)), 90).panels
    assert panel.not_measured == 0


def test_a_share_may_be_of_something_said() -> None:
    rows = [Count("", "a.example", 6, 10), Count("", "b.example", 8, 10)]
    (panel,) = make_figure(chart("bars"), rows).panels
    assert [part.share for part in panel.parts] == [60, 80]


def test_many_bars_are_folded_and_none_is_lost() -> None:
    rows = [(f"p{number}", 100 - number) for number in range(40)]
    (panel,) = figure("bars", *rows).panels
    assert len(panel.parts) == MOST_BARS
    assert panel.parts[-1].label == "29 others"
    assert sum(part.value for part in panel.parts) == sum(value for _, value in rows)


def test_nothing_measured_is_no_division() -> None:
    for kind in KINDS:
        (panel,) = figure(kind, (NOT_MEASURED, 0)).panels
        assert panel.parts == ()
        assert panel.unmeasured_length == 0


@given(
    st.sampled_from(KINDS),
    st.lists(st.integers(min_value=0, max_value=10**6), max_size=20),
    st.integers(min_value=0, max_value=10**6),
)
def test_nothing_is_drawn_beyond_its_frame(kind: str, values: list[int], unread: int) -> None:
    made = figure(kind, *((f"p{n}", value) for n, value in enumerate(values)), unread=unread)
    for panel in made.panels:
        for part in panel.parts:
            assert 0 <= part.length <= 100.000001
            assert 0 <= part.lowest <= part.highest <= 100.000001
        if kind == "share" and panel.parts:
            last = panel.parts[-1]
            assert last.start + last.length + panel.unmeasured_length <= 100.000001


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0.0 %"),
        (0.0001, "<0.1 %"),
        (0.05, "0.1 %"),
        (55.55, "55.5 %"),
        (99.96, ">99.9 %"),
        (100, "100.0 %"),
    ],
)
def test_little_is_not_shown_as_nothing_nor_much_as_all(value: float, shown: str) -> None:
    assert show_percent(value) == shown


def test_percent_of_nothing_is_nothing() -> None:
    assert percent(5, 0) == 0


def test_a_label_has_one_tone_in_all_panels_and_stands_in_the_legend_once() -> None:
    rows = [
        Count("few", "second", 5, None), Count("few", "none", 1, None),
        Count("many", "first", 1, None), Count("many", "second", 1, None),
        Count("many", "third", 1, None), Count("many", "none", 1, None),
        Count("other", "fourth", 1, None),
    ]  # fmt: skip
    drawn = make_figure(chart("share"), rows)
    tones = [{part.label: part.tone for part in panel.parts} for panel in drawn.panels]
    assert tones[0] == {"second": 1, "none": NEUTRAL}
    assert tones[1] == {"first": 0, "second": 1, "third": 2, "none": NEUTRAL}
    assert [label for label, _ in drawn.legend] == ["first", "second", "third", "none", "fourth"]
    assert dict(drawn.legend)["fourth"] not in (0, 1, 2, NEUTRAL)
