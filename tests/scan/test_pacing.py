"""The token bucket never gives more than its rate, and gives all of it."""

from __future__ import annotations

import pytest
from dnstats.scan.pacing import Pace, Peak
from hypothesis import given
from hypothesis import strategies as st


@given(
    rate=st.floats(0.5, 500),
    burst=st.integers(1, 20),
    steps=st.lists(st.tuples(st.floats(0, 2), st.integers(0, 40)), min_size=1, max_size=60),
)
def test_no_stretch_of_time_sees_more_than_burst_and_rate(
    rate: float, burst: int, steps: list[tuple[float, int]]
) -> None:
    pace = Pace(rate, burst)
    now = 50.0
    sent: list[tuple[float, int]] = []
    for gap, wanted in steps:
        now += gap
        sent.append((now, pace.take(wanted, now)))
        assert sent[-1][1] <= wanted
    for start in range(len(sent)):
        total = 0
        for at, count in sent[start:]:
            total += count
            assert total <= burst + rate * (at - sent[start][0]) + 1e-3


def test_the_whole_rate_is_given() -> None:
    pace = Pace(20.0, 5)
    now, sent = 0.0, 0
    while now < 10:
        sent += pace.take(100, now)
        now += 0.001
    assert sent == pytest.approx(205, abs=1)


@given(rate=st.floats(0.5, 500), burst=st.integers(1, 20), now=st.floats(0, 1e6))
def test_when_the_time_has_come_one_may_go(rate: float, burst: int, now: float) -> None:
    pace = Pace(rate, burst)
    assert pace.take(burst, now) == burst
    assert pace.take(1, now) == 0
    assert pace.take(1, pace.next_at(now) + 1e-6) == 1


def test_no_rate_is_no_limit() -> None:
    pace = Pace(0.0, 1)
    assert pace.take(10_000, 5.0) == 10_000
    assert pace.next_at(5.0) == 5.0


def test_a_stretched_bucket_is_as_much_slower() -> None:
    pace = Pace(20.0, 1)
    pace.stretch = 4.0
    now, sent = 0.0, 0
    while now < 10:
        sent += pace.take(100, now)
        now += 0.001
    assert sent == pytest.approx(50, abs=2)


def test_the_peak_is_that_of_the_fullest_second() -> None:
    peak = Peak()
    for now, count in ((1.0, 3), (1.9, 4), (2.0, 5), (9.5, 6), (9.6, 0)):
        peak.count(count, now)
    assert peak.highest == 7
