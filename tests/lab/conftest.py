"""One practice internet for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab.worlds import names, serving, subs


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    """The port of a lab that serves the tests' sites."""
    with serving(names(300) + subs(300)) as found:
        yield found
