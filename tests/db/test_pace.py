"""The rate of a run at one address is that of all its scans together."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from dnstats.db.models import Chunk, Run, SiteList
from dnstats.db.pace import Control, Pace, control_sample, forget_seconds, highest_pace


def run_with(database: sa.Connection, *reports: dict[str, Any] | None) -> int:
    site_list = database.scalar(
        sa.insert(SiteList)
        .values(name="x", source="x", sha256="x", sites=1, junk={})
        .returning(SiteList.id)
    )
    now = dt.datetime.now(dt.UTC)
    run_id = database.scalar(
        sa.insert(Run)
        .values(
            dag_run_id="pace", day=now.date(), source="dns", dns="lab", site_list_id=site_list,
            first_rank=1, last_rank=9, chunk_size=3, settings={}, versions={}, state="running",
            started_at=now,
        )
        .returning(Run.id)
    )  # fmt: skip
    assert run_id is not None
    for number, report in enumerate(reports):
        database.execute(
            sa.insert(Chunk).values(
                run_id=run_id, number=number, first_rank=1, last_rank=3, sites=3, archive="x",
                scan_report=report,
            )
        )  # fmt: skip
    return run_id


def test_parallel_scans_are_added_up_by_the_second(database: sa.Connection) -> None:
    run_id = run_with(
        database,
        {"highest_rate": 9, "highest_rate_server": "a", "busiest": {"a": [100, [5, 9, 4]]}},
        {
            "highest_rate": 8,
            "highest_rate_server": "b",
            "busiest": {"a": [101, [7]], "b": [1, [8]]},
        },
        None,
    )
    assert highest_pace(database, run_id) == Pace(16, "a")


def test_networks_are_added_up_by_themselves(database: sa.Connection) -> None:
    one = {
        "highest_rate": 9,
        "highest_rate_server": "a",
        "highest_network_rate": 30,
        "highest_rate_network": "a/24",
        "busiest_networks": {"a/24": [100, [30, 5]]},
    }
    other = {**one, "busiest_networks": {"a/24": [101, [28]]}}
    run_id = run_with(database, one, other, None)
    assert highest_pace(database, run_id, of_networks=True) == Pace(33, "a/24")
    assert highest_pace(database, run_id) == Pace(9, "a")


def test_a_scan_that_names_no_seconds_counts_with_its_own_peak(database: sa.Connection) -> None:
    run_id = run_with(database, {"highest_rate": 9, "highest_rate_server": "a"}, {"sites": 3})
    assert highest_pace(database, run_id) == Pace(9, "a")


def test_the_control_samples_of_all_chunks_are_one(database: sa.Connection) -> None:
    run_id = run_with(database, {"control": [40, 2, 3]}, {"control": [10, 0, 0]}, {}, None)
    assert control_sample(database, run_id) == Control(47, 2)


def test_a_run_that_asked_nobody_directly_has_no_pace(database: sa.Connection) -> None:
    assert highest_pace(database, run_with(database, None)) == Pace(0, "")


def test_of_a_dropped_run_the_seconds_are_forgotten_and_the_counts_stay(
    database: sa.Connection,
) -> None:
    report = {"highest_rate": 9, "highest_rate_server": "a", "busiest": {"a": [100, [9] * 600]}}
    report["busiest_networks"] = {"a/24": [100, [9] * 600]}
    run_id = run_with(database, report, None, {"sites": 3})
    for _ in range(2):
        forget_seconds(database, run_id)
        query = sa.select(Chunk.scan_report).where(Chunk.run_id == run_id).order_by(Chunk.number)
        kept = {name: report[name] for name in ("highest_rate", "highest_rate_server")}
        assert list(database.scalars(query)) == [kept, None, {"sites": 3}]
