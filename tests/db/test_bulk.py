"""COPY takes any text that the readers may produce, and refuses columns that do not exist."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from dnstats import wire
from dnstats.db.bulk import copy_rows
from dnstats.db.models import SiteName
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st


@given(st.lists(st.binary(max_size=60).map(wire.show), unique=True, max_size=8))
@hypothesis_settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_whatever_show_makes_of_bytes_comes_back_as_it_was(
    database: sa.Connection, texts: list[str]
) -> None:
    with database.begin_nested() as savepoint:
        copied = copy_rows(database, SiteName.__table__, ("domain",), [(text,) for text in texts])
        stored = database.scalars(sa.select(SiteName.domain).order_by(SiteName.id)).all()
        savepoint.rollback()
    assert (copied, list(stored)) == (len(texts), texts)


def test_an_unknown_column_is_refused(database: sa.Connection) -> None:
    with pytest.raises(ValueError, match="sites has no column colour"):
        copy_rows(database, SiteName.__table__, ("domain", "colour"), [])
