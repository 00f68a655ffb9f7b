"""Whatever scans come, go, shrink or are killed: the parts never add up to more than the whole."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from dnstats.db.models import ScanShare
from dnstats.db.shares import WHOLE, Grant, release_share, renew_share
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def renew(database: sa.Connection, holder: str, using: int = 0, seconds: float = 60.0) -> Grant:
    return renew_share(database, holder, run_id=1, chunk=0, using=using, seconds=seconds)


def test_one_scan_has_it_all(database: sa.Connection) -> None:
    assert renew(database, "a") == Grant(WHOLE, WHOLE, is_alone=True)


def test_the_second_gets_its_half_when_the_first_has_come_down(database: sa.Connection) -> None:
    renew(database, "a")
    assert renew(database, "b") == Grant(0, WHOLE // 2, is_alone=False)
    assert renew(database, "a", WHOLE) == Grant(WHOLE, WHOLE // 2, is_alone=False)
    assert renew(database, "b") == Grant(0, WHOLE // 2, is_alone=False)
    assert renew(database, "a", WHOLE // 2).part == WHOLE // 2
    assert renew(database, "b").part == WHOLE // 2


def test_the_last_one_has_it_all_again(database: sa.Connection) -> None:
    renew(database, "a")
    renew(database, "b")
    renew(database, "a", WHOLE // 2)
    renew(database, "b")
    release_share(database, "a")
    assert renew(database, "b", WHOLE // 2) == Grant(WHOLE, WHOLE, is_alone=False)


def test_who_does_not_come_back_loses_its_part(database: sa.Connection) -> None:
    renew(database, "killed")
    assert renew(database, "b").part == 0
    past = sa.func.clock_timestamp() - sa.cast("1 second", sa.Interval)
    database.execute(
        sa.update(ScanShare).where(ScanShare.holder == "killed").values(expires_at=past)
    )
    assert renew(database, "b") == Grant(WHOLE, WHOLE, is_alone=True)
    # What it believes it uses does not count: its part was over, and so was its use of it.
    assert renew(database, "killed", WHOLE).part == 0


STEPS = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from(["renew", "shrink", "release", "expire"])),
    max_size=40,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_the_parts_never_add_up_to_more_than_the_whole(
    database: sa.Connection, steps: list[tuple[str, str]]
) -> None:
    database.execute(sa.delete(ScanShare))
    used: dict[str, int] = {}
    for holder, step in steps:
        if step == "release":
            release_share(database, holder)
            used.pop(holder, None)
        elif step == "expire":
            past = sa.func.clock_timestamp() - sa.cast("1 second", sa.Interval)
            database.execute(
                sa.update(ScanShare).where(ScanShare.holder == holder).values(expires_at=past)
            )
            used.pop(holder, None)
        else:
            grant = renew(database, holder, used.get(holder, 0))
            assert grant.part >= min(used.get(holder, 0), grant.part)
            used[holder] = min(grant.part, grant.fair) if step == "shrink" else grant.part
        assert sum(used.values()) <= WHOLE
        held = dict(database.execute(sa.select(ScanShare.holder, ScanShare.part)).all())
        assert sum(held.values()) <= WHOLE
        assert all(part <= held[holder] for holder, part in used.items())


@pytest.mark.parametrize("scans", [2, 3, 4, 7, 13])
def test_after_some_rounds_all_have_the_same(database: sa.Connection, scans: int) -> None:
    used = dict.fromkeys(map(str, range(scans)), 0)
    for _ in range(4):
        for holder in used:
            grant = renew(database, holder, used[holder])
            used[holder] = min(grant.part, grant.fair)
    assert set(used.values()) == {WHOLE // scans}
