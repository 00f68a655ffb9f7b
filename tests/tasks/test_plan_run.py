"""A dry run says what would be asked, by what earlier runs cost, and leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from dnstats.db.models import Chunk, Run, SiteList, SiteName
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import Refused
from dnstats.tasks.plan_run import LOOKUPS_A_SITE, plan_run
from dnstats.tasks.run_request import read_request


@pytest.fixture
def planned(tmp_path: Path) -> Settings:
    """Settings with a list of ten sites, four scans at a time."""
    path = tmp_path / "ten.csv"
    path.write_text("".join(f"{rank},site{rank}.example\n" for rank in range(1, 11)))
    return Settings(
        {
            "DNSTATS_SITE_LIST": str(path),
            "DNSTATS_RESOLVERS": "192.0.2.1",
            "DNSTATS_SCAN_SLOTS": "4",
        }
    )


def _rows(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return sum(
            connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (Run, SiteList, SiteName)
        )


def test_without_an_earlier_run_the_practice_internet_tells(
    engine: sa.Engine, planned: Settings
) -> None:
    plan = plan_run(engine, planned, read_request({"chunk_size": 4, "first_rank": 2}, planned))
    assert (plan.sites, plan.chunks, plan.first_rank, plan.last_rank) == (9, 3, 2, 10)
    assert plan.lookups == 9 * LOOKUPS_A_SITE
    assert plan.hours is None
    assert "9 sites of ten.csv@" in str(plan)
    assert "a time that no earlier run tells" in str(plan)
    assert _rows(engine) == 0, "nothing is kept"


def test_the_newest_run_of_the_same_kind_tells_how_much_and_how_long(
    engine: sa.Engine, planned: Settings, start_run
) -> None:
    run_id = start_run(chunk_size=21)[0]["run_id"]
    report = {"sites": 21, "questions": 420, "elapsed": 210.0}
    with engine.begin() as connection:
        connection.execute(sa.update(Chunk).values(scan_report=report))
        connection.execute(sa.update(Run).values(dns="custom"))
    request = read_request({"chunk_size": 5}, planned)
    plan = plan_run(engine, planned, request)
    assert plan.lookups == 200
    assert plan.hours == pytest.approx(10 * 10 / 2 / 3600)  # two chunks, side by side
    assert plan.basis == f"by the 42 sites of run {run_id}"
    lab = plan_run(engine, planned, read_request({"dns": "lab"}, planned))
    assert lab.lookups == 10 * LOOKUPS_A_SITE, "what the practice internet costs tells nothing else"


def test_a_ceiling_on_the_resolvers_makes_it_longer(engine: sa.Engine, planned: Settings) -> None:
    plan = plan_run(engine, planned, read_request({"resolver_rate": 0.1}, planned))
    assert plan.hours == pytest.approx(plan.lookups / 0.1 / 3600)


def test_what_a_run_would_refuse_a_dry_run_refuses(engine: sa.Engine, planned: Settings) -> None:
    with pytest.raises(Refused, match=r"AIRFLOW__CORE__MAX_MAP_LENGTH"):
        plan_run(engine, planned, read_request({"chunk_size": 1}, planned), max_chunks=9)
