"""A practice internet for the whole folder, and runs over a few of its sites."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import ChunkName
from dnstats.tasks.create_run import create_run
from dnstats.tasks.run_request import read_request

from tests.lab.worlds import names, serving, subs

SITES = names(36) + subs(6)
NOW = dt.datetime.now(dt.UTC)


@pytest.fixture(scope="session")
def lab_port() -> Iterator[int]:
    """The port of a practice internet that loses two packets of a hundred."""
    with serving(SITES, loss=0.02) as port:
        yield port


@pytest.fixture
def lab_settings(tmp_path: Path, lab_port: int) -> Settings:
    """Settings for asking the practice internet, impatiently."""
    return Settings(
        {
            "DNSTATS_VAR": str(tmp_path / "var"),
            "DNSTATS_RESOLVERS": f"127.53.0.1:{lab_port}",
            "DNSTATS_SECOND_RESOLVERS": f"127.53.0.2:{lab_port}",
            "DNSTATS_DIRECT_PORT": str(lab_port),
            "DNSTATS_TIMEOUT": "0.25",
            "DNSTATS_SERVER_RATE": "4000",
            "DNSTATS_SITE_LIST": str(site_list(tmp_path, SITES)),
        }
    )


def site_list(folder: Path, domains: tuple[str, ...]) -> Path:
    """A list file of these domains."""
    path = folder / "sites.csv"
    path.write_text("".join(f"{rank},{name}\n" for rank, name in enumerate(domains, 1)))
    return path


@pytest.fixture
def start_run(engine: sa.Engine, lab_settings: Settings) -> Callable[..., list[ChunkName]]:
    """Make a run: `start_run(last_rank=10, chunk_size=5)`."""

    def start(
        dag_run_id: str = "manual__1", now: dt.datetime = NOW, **params: object
    ) -> list[ChunkName]:
        request = read_request({"dns": "lab", **params}, lab_settings)
        return create_run(engine, lab_settings, request, dag_run_id=dag_run_id, now=now)

    return start
