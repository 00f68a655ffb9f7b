"""The token bucket never gives more than its rate, and gives all of it."""

from __future__ import annotations

import pytest
from dnstats.scan.pacing import NEVER, QUIET, Ceiling, Pace, Sent
from hypothesis import given
from hypothesis import strategies as st

STEPS = st.lists(st.tuples(st.floats(0, 1.5), st.integers(0, 40)), min_size=1, max_size=60)


@given(rate=st.floats(0.1, 500), part=st.sampled_from([1.0, 0.5, 1 / 3, 0.25, 0.1]), steps=STEPS)
def test_no_second_sees_more_than_the_rate(
    rate: float, part: float, steps: list[tuple[float, int]]
) -> None:
    ceiling = Ceiling(rate)
    ceiling.change(part, 0.0)
    pace = Pace(ceiling)
    now = 50.0
    sent: list[tuple[float, int]] = []
    for gap, wanted in steps:
        now += gap
        sent.append((now, pace.take(wanted, now)))
        assert sent[-1][1] <= wanted
    for start, (began, _) in enumerate(sent):
        within = sum(count for at, count in sent[start:] if at < began + 1.0)
        assert within <= max(1, int(rate * part + 1e-6))
        total = 0
        for at, count in sent[start:]:
            total += count
            assert total <= ceiling.burst + rate * part * (at - began) + 1e-3


@pytest.mark.parametrize(("rate", "in_ten_seconds"), [(20.0, 200), (0.5, 5), (1000.0, 9560)])
def test_the_whole_rate_is_given(rate: float, in_ten_seconds: int) -> None:
    pace = Pace(Ceiling(rate))
    now, sent = 0.0, 0
    while now < 10:
        sent += pace.take(100, now)
        now += 0.001
    assert sent == pytest.approx(in_ten_seconds, rel=0.01, abs=1)


@given(rate=st.floats(0.5, 500), now=st.floats(0, 1e6))
def test_when_the_time_has_come_one_may_go(rate: float, now: float) -> None:
    ceiling = Ceiling(rate)
    pace = Pace(ceiling)
    assert pace.take(ceiling.burst, now) == ceiling.burst
    assert pace.take(1, now) == 0
    assert pace.take(1, pace.next_at(now) + 1e-6) == 1


def test_no_rate_is_no_limit() -> None:
    pace = Pace(Ceiling(0.0))
    assert pace.take(10_000, 5.0) == 10_000
    assert pace.next_at(5.0) == 5.0


def test_a_stretched_bucket_is_as_much_slower() -> None:
    pace = Pace(Ceiling(20.0))
    pace.stretch = 4.0
    now, sent = 0.0, 0
    while now < 10:
        sent += pace.take(100, now)
        now += 0.001
    assert sent == pytest.approx(50, abs=2)


def test_without_a_part_nothing_goes_out() -> None:
    ceiling = Ceiling(20.0)
    pace = Pace(ceiling)
    assert pace.take(1, 5.0) == 1
    ceiling.change(0.0, 5.0)
    assert pace.take(1, 500.0) == 0
    assert pace.next_at(500.0) == NEVER


def test_another_part_begins_after_a_quiet_second() -> None:
    ceiling = Ceiling(20.0)
    pace, other = Pace(ceiling), Pace(ceiling)
    assert pace.take(1, 5.0) == 1
    ceiling.change(0.5, 5.0 + QUIET)
    assert pace.take(1, 5.99) == other.take(1, 5.99) == 0
    assert pace.next_at(5.5) == other.next_at(5.5) == 6.0
    assert pace.take(40, 6.0) == other.take(40, 6.0) == 1


def test_seconds_are_counted_and_the_fullest_is_known() -> None:
    sent = Sent()
    for at, count in ((1.0, 3), (1.9, 4), (2.0, 5), (9.5, 6), (9.6, 0)):
        sent.count(count, at)
    assert (sent.highest, sent.total) == (7, 18)
    assert sent.seconds == {1: 7, 2: 5, 9: 6}
