"""What surrounds the daily scan, in the real Airflow: dry runs, the list of the day, dropping."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from dnstats.db.models import ListUpdate, Run, SiteList
from dnstats.notify.writing import NAME_HEADER
from dnstats.stack import watching
from dnstats.stack.run import await_dag

from tests.lists.servers import list_server, many
from tests.live.conftest import CHUNK, SITES, Stack, is_answered, plain, sites_that


@contextlib.contextmanager
def _let_run(stack: Stack, dag_id: str) -> Iterator[None]:
    await_dag(stack.api, dag_id, lambda: None)
    stack.api.set_paused(dag_id, False)
    try:
        yield
    finally:
        stack.api.set_paused(dag_id, True)


def _log(stack: Stack, run_id: str, task_id: str, dag_id: str) -> str:
    (task,) = stack.tasks(run_id, task_id, dag_id).values()
    return "\n".join(str(line.get("event")) for line in stack.api.task_log(task))


def _states(stack: Stack, run_id: str, dag_id: str) -> dict[str, str]:
    return {task["task_id"]: task["state"] for task in stack.api.task_instances(dag_id, run_id)}


def _count(stack: Stack, what: Any) -> int:
    with stack.database.connect() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(what)) or 0


def test_a_dry_run_says_what_would_be_asked_and_ends_green(stack: Stack) -> None:
    runs, lists = _count(stack, Run), _count(stack, SiteList)
    run_id = stack.trigger(sites_that(is_answered, SITES), dry_run=True, server_rate=5)
    assert stack.follow(run_id) == "success"
    states = _states(stack, run_id, "daily_scan")
    assert states.pop("create_run") == "success"
    assert set(states.values()) == {"skipped"}
    said = _log(stack, run_id, "create_run", "daily_scan")
    assert f"Dry run, nothing is asked or kept. {SITES} sites of" in said
    assert f"in {SITES // CHUNK} chunks would be asked about" in said
    assert (_count(stack, Run), _count(stack, SiteList)) == (runs, lists)
    assert not [mail for mail in stack.mails(run_id) if mail[NAME_HEADER].startswith("run_")]


def test_the_list_of_the_day_is_taken_told_and_offered(stack: Stack) -> None:
    with list_server() as site, _let_run(stack, "update_sites"):
        source = site.serve("/list.csv", many(50))
        run_id = stack.api.trigger("update_sites", {"source": source, "at_least": 10}, "test")
        assert stack.follow(run_id, "update_sites") == "success", watching.failures(
            stack.api, "update_sites", run_id
        )
    assert set(_states(stack, run_id, "update_sites").values()) == {"success"}
    begun, done = (mail for mail in stack.mails(run_id) if mail[NAME_HEADER].startswith("list_"))
    assert f"The site list is fetched from {source}" in begun["Subject"]
    assert "50 sites" in done["Subject"]
    events = stack.api.call("GET", "/assets/events?source_dag_id=update_sites&limit=1")
    with stack.database.connect() as connection:
        update = connection.execute(
            sa.select(ListUpdate.state, ListUpdate.site_list_id).where(
                ListUpdate.dag_run_id == run_id
            )
        ).one()
    assert update.state == "taken"
    assert events["asset_events"][0]["extra"]["site_list_id"] == update.site_list_id

    with _let_run(stack, "update_sites"):  # and what cannot be is told once, and offers the old one
        bad = stack.api.trigger("update_sites", {"source": "ftp://lists.example/a.csv"}, "test")
        assert stack.follow(bad, "update_sites") == "failed"
    states = _states(stack, bad, "update_sites")
    assert states["offer_sites"] == "success"
    assert states["notify_list_done"] == "failed"
    (told,) = stack.mails(bad)  # by the end mail, and no alert says it again
    assert "CRITICAL: no site list was taken" in told["Subject"]
    assert "Scans go on with it." in plain(told)


def test_dropping_by_hand_is_dry(stack: Stack, first_run: str) -> None:
    before = stack.rows(first_run)
    with _let_run(stack, "drop_old_runs"):
        run_id = stack.api.trigger("drop_old_runs", {"keep_rows": 2, "keep_answers": 2}, "test")
        assert stack.follow(run_id, "drop_old_runs") == "success"
    said = _log(stack, run_id, "drop_old_runs", "drop_old_runs")
    assert "0 things would be dropped, 0 bytes" in said
    assert stack.rows(first_run) == before
