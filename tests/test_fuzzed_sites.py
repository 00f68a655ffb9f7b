"""Real records, mutated: every reader and every rule bears them, and none takes long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import fuzzing
from tests.fuzzed_sites import goes_through


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_whatever_a_site_publishes_is_read_kept_and_graded_in_no_time(seed: int) -> None:
    assert goes_through(seed)


@pytest.mark.long
def test_twenty_seconds_of_mutated_sites_break_nothing() -> None:
    """The same seeds every time, so that a red run is about the change; others by hand."""
    assert not fuzzing.run("sites", 73_994_800_000, 20.0)
