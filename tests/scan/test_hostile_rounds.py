"""Real scans over sockets, IPv4, IPv6 and TCP, against servers of random misbehaviour."""

from __future__ import annotations

import pytest

from tests import fuzzing
from tests.scan.hostile_rounds import hostile_round


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_question_is_lost_none_hangs_and_nothing_wrong_is_believed(seed: int) -> None:
    assert hostile_round(seed, questions=300).questions > 200


@pytest.mark.long
def test_half_a_minute_of_hostile_rounds_breaks_nothing() -> None:
    """The same seeds every time, so that a red run is about the change; others by hand."""
    assert not fuzzing.run("sockets", 739_948_000, 40.0)
