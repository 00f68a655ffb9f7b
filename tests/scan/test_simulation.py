"""Whole scans against a simulated internet: lossy, slow, lying, away and back, at tight rates."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import fuzzing
from tests.scan.simulation import Simulation


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_its_servers_do_a_scan_ends_with_the_truth_or_not_measured(seed: int) -> None:
    """And within its rates, its sends, its time, all its counters at zero; see `simulation`."""
    report = Simulation(seed).run()
    assert report.questions


@pytest.mark.parametrize(
    "seed",
    [
        pytest.param(61, id="questions that shun one of two resolvers"),
        pytest.param(11258, id="a resolver that cuts answers and takes no connections"),
        pytest.param(200636, id="a resolver that comes and goes at once, and no patience"),
        pytest.param(4, id="an idle connection, and a clock at 1024"),
    ],
)
def test_what_once_went_wrong_goes_well(seed: int) -> None:
    Simulation(seed).run()


@pytest.mark.long
def test_a_minute_of_simulated_scans_breaks_nothing() -> None:
    """The same seeds every time, so that a red run is about the change; others by hand."""
    assert not fuzzing.run("simulation", 73_994_800_000, 60.0)
