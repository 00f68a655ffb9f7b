"""create_run makes a run once, and the same chunks for the same request."""

from __future__ import annotations

import datetime as dt
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import sqlalchemy as sa
from dnstats.db.models import Chunk, Run
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import Refused
from dnstats.tasks.create_run import create_run
from dnstats.tasks.plan_run import plan_run
from dnstats.tasks.run_request import read_request

from tests.lists.servers import list_server, rows


def _chunks(engine: sa.Engine) -> list[tuple[int, int, int]]:
    with engine.connect() as connection:
        query = sa.select(Chunk.first_rank, Chunk.last_rank, Chunk.sites).order_by(Chunk.number)
        return [tuple(row) for row in connection.execute(query)]


def test_ranks_are_cut_into_labelled_chunks(engine: sa.Engine, start_run) -> None:
    chunks = start_run(first_rank=3, last_rank=25, chunk_size=10)
    assert [chunk["label"] for chunk in chunks] == ["ranks 3-12", "ranks 13-22", "ranks 23-25"]
    assert [chunk["number"] for chunk in chunks] == [0, 1, 2]
    assert _chunks(engine) == [(3, 12, 10), (13, 22, 10), (23, 25, 3)]


def test_the_end_of_the_list_is_the_end(engine: sa.Engine, start_run) -> None:
    start_run(last_rank=1_000_000, chunk_size=40)
    assert _chunks(engine) == [(1, 40, 40), (41, 42, 2)]


def test_the_same_airflow_run_is_the_same_run(engine: sa.Engine, start_run) -> None:
    first = start_run(last_rank=20, chunk_size=10)
    with engine.begin() as connection:
        connection.execute(sa.update(Chunk).values(graded_at=sa.func.now()))
    assert start_run(last_rank=20, chunk_size=10) == first
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Run)) == 1
        assert connection.scalar(sa.select(sa.func.count(Chunk.graded_at))) == 2


def test_other_ranks_replace_the_chunks_of_before(engine: sa.Engine, start_run) -> None:
    start_run(last_rank=20, chunk_size=10)
    start_run(last_rank=30, chunk_size=15)
    assert _chunks(engine) == [(1, 15, 15), (16, 30, 15)]


def test_cleared_within_the_day_it_is_still_the_run_of_its_day(
    engine: sa.Engine, start_run
) -> None:
    late = dt.datetime(2026, 3, 4, 23, 59, tzinfo=dt.UTC)
    start_run(now=late, last_rank=20, chunk_size=10)
    start_run(now=late + dt.timedelta(minutes=2), last_rank=20, chunk_size=20)
    with engine.connect() as connection:
        assert connection.execute(sa.select(Run.day, Run.started_at)).one() == (late.date(), late)
        (path,) = connection.scalars(sa.select(Chunk.archive))
    assert path.startswith("2026/03/04/")


def test_cleared_on_a_later_day_it_is_refused_and_left_as_it_was(
    engine: sa.Engine, start_run
) -> None:
    began = dt.datetime(2026, 3, 4, 8, tzinfo=dt.UTC)
    run_id = start_run(now=began, last_rank=20, chunk_size=10)[0]["run_id"]
    with pytest.raises(Refused, match=rf"run {run_id} of 2026-03-04; answers of today must not"):
        start_run(now=began + dt.timedelta(hours=25), last_rank=20, chunk_size=20)
    assert len(_chunks(engine)) == 2


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"first_rank": 43}, "first_rank 43 is behind the end of the list"),
        ({"site_list": "/nowhere/list.csv"}, "there is no list at /nowhere/list.csv"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_made(
    engine: sa.Engine, start_run, params: dict[str, object], sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        start_run(**params)
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Run)) == 0


def test_a_run_keeps_the_ceilings_it_was_triggered_with(engine: sa.Engine, start_run) -> None:
    rates = {"server_rate": 5.0, "network_rate": 50.0, "resolver_rate": 500.0}
    start_run(**rates)
    with engine.connect() as connection:
        kept = connection.scalar(sa.select(Run.settings)) or {}
    assert {name: kept[name] for name in rates} == rates


@pytest.mark.parametrize("dry", [False, True])
def test_while_a_list_is_downloaded_no_transaction_is_open(
    engine: sa.Engine, lab_settings: Settings, dry: bool
) -> None:
    """Seen by another connection, in the moment in which the list server answers."""
    seen: list[str] = []

    def answers_late(handler: BaseHTTPRequestHandler) -> None:
        query = sa.text(
            "SELECT state FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        )
        with engine.connect() as other:
            seen.append(f"{other.scalars(query).all()}")
        body = rows("a.example", "b.example")
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    with list_server() as server:
        server.answers["/list.csv"] = answers_late
        request = read_request({"site_list": f"{server.url}/list.csv"}, lab_settings)
        if dry:
            assert plan_run(engine, lab_settings, request).sites == 2
        else:
            now = dt.datetime.now(dt.UTC)
            create_run(engine, lab_settings, request, dag_run_id="x", now=now)
            assert _chunks(engine) == [(1, 2, 2)]
    assert seen == ["[]"]


def test_ranks_between_which_the_list_has_nothing_are_refused(
    engine: sa.Engine, lab_settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "gap.csv").write_text("1,a.example\n900,b.example\n")
    params = {"site_list": str(tmp_path / "gap.csv"), "first_rank": 2, "last_rank": 800}
    with pytest.raises(Refused, match="has no site between rank 2 and 800"):
        create_run(
            engine,
            lab_settings,
            read_request(params, lab_settings),
            dag_run_id="x",
            now=dt.datetime.now(dt.UTC),
        )


def test_more_chunks_than_airflow_maps_are_refused_with_the_setting(
    engine: sa.Engine, lab_settings: Settings
) -> None:
    request = read_request({"chunk_size": 1}, lab_settings)
    with pytest.raises(Refused, match=r"makes 42 chunks .* at most 10.*AIRFLOW__CORE__MAX_MAP"):
        create_run(
            engine,
            lab_settings,
            request,
            dag_run_id="x",
            now=dt.datetime.now(dt.UTC),
            max_chunks=10,
        )
