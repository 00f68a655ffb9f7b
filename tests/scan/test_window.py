"""The window grows while it pays and shrinks with loss."""

from __future__ import annotations

from dnstats.scan.window import FLOOR, Window


def feed(window: Window, rates: list[float], start: float = 0.0) -> None:
    """A quarter second of answers at each of the rates, the window always full."""
    now = start
    for rate in rates:
        now += 0.26
        window.heard(int(rate * 0.26), was_full=True, now=now)


def test_it_grows_while_the_rate_of_answers_grows() -> None:
    window = Window(1000, 0.0)
    feed(window, [100 * 1.1**step for step in range(30)])
    assert window.size == 1000


def test_it_hardly_grows_when_more_in_flight_brings_no_more() -> None:
    window = Window(1000, 0.0)
    feed(window, [5000.0] * 40)
    assert FLOOR <= window.size < FLOOR * 5


def test_it_doubles_until_more_does_not_pay_and_never_again() -> None:
    window = Window(10_000, 0.0)
    feed(window, [1000.0, 2000.0, 4000.0])
    assert window.size == 8 * FLOOR
    feed(window, [4000.0, 6000.0], start=0.78)
    assert window.size < 8 * FLOOR * 1.2


def test_loss_ends_the_doubling() -> None:
    window = Window(10_000, 0.0)
    feed(window, [1000.0])
    window.lost(500, 0.3, 0.1)
    assert window.size == int(2 * FLOOR * 0.65)
    feed(window, [2000.0, 4000.0], start=0.5)
    assert window.size < 2 * FLOOR


def test_it_does_not_grow_when_the_supply_is_the_limit() -> None:
    window = Window(1000, 0.0)
    for step in range(40):
        window.heard(100 * step, was_full=False, now=step * 0.3)
    assert window.size == FLOOR


def test_the_usual_share_of_dead_names_does_not_shrink_it() -> None:
    window = Window(1000, 0.0)
    size = window.size
    now = 0.0
    for _ in range(40):
        now += 0.26
        window.heard(1000, was_full=False, now=now)
        window.lost(20, now, 2.0)
    assert window.size == size


def test_loss_shrinks_it_once_a_timeout() -> None:
    window = Window(1000, 0.0)
    feed(window, [100 * 1.1**step for step in range(30)])
    for _ in range(500):
        window.lost(1, 10.0, 2.0)
    assert window.size == 650
    for _ in range(500):
        window.lost(1, 12.1, 2.0)
    assert window.size == 422


def test_it_never_shrinks_to_nothing() -> None:
    window = Window(1000, 0.0)
    for second in range(100):
        window.lost(1000, second * 3.0, 2.0)
    assert window.size == FLOOR
    tiny = Window(2, 0.0)
    tiny.lost(1000, 1.0, 2.0)
    assert tiny.size == 2


def test_confined_it_stays_below_its_new_bound() -> None:
    window = Window(1000, 0.0)
    window.confine(10)
    feed(window, [100 * 1.1**step for step in range(30)])
    assert window.size == 10
