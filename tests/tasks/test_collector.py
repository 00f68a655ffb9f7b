"""The garbage collector rests inside, and is back afterwards whatever happened."""

from __future__ import annotations

import gc

import pytest
from dnstats.tasks.collector import resting_collector


def test_it_rests_inside_and_is_back_behind() -> None:
    with resting_collector():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_is_back_after_a_fault() -> None:
    @resting_collector()
    def fails() -> None:
        assert not gc.isenabled()
        raise ValueError("a fault")

    for _ in range(2):
        with pytest.raises(ValueError, match="a fault"):
            fails()
        assert gc.isenabled()


def test_one_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with resting_collector():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
