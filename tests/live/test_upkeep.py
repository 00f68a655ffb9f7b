"""What surrounds the daily scan, in the real Airflow: dry runs, the list of the day, dropping."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
import sqlalchemy as sa
from dnstats.db.models import ListUpdate, Run, SiteList
from dnstats.notify.writing import NAME_HEADER
from dnstats.stack import watching

from tests.lists.servers import CUT_ZIP, HTML, breaks_off, list_server, many
from tests.live.conftest import CHUNK, SITES, Stack, is_answered, plain, sites_that


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
    with list_server() as site, stack.let_run("update_sites"):
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

    with stack.let_run("update_sites"):  # and what cannot be is told once, and offers the old one
        bad = stack.api.trigger("update_sites", {"source": "ftp://lists.example/a.csv"}, "test")
        assert stack.follow(bad, "update_sites") == "failed"
    states = _states(stack, bad, "update_sites")
    assert states["offer_sites"] == "success"
    assert states["notify_list_done"] == "failed"
    (told,) = stack.mails(bad)  # by the end mail, and no alert says it again
    assert "CRITICAL: no site list was taken" in told["Subject"]
    assert "Scans go on with it." in plain(told)


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/none.csv", "answered HTTP 404 instead of a list"),
        ("/page.csv", "HTML instead of CSV"),
        ("/cut.zip", "cannot be unpacked"),
        ("/broken.csv", "cannot be fetched: peer closed connection"),
        ("/short.csv", "holds 9 sites and at least 10 are wanted"),
    ],
)
def test_a_list_that_cannot_be_taken_is_tried_again_and_told_once(
    stack: Stack, path: str, said: str
) -> None:
    with list_server() as site, stack.let_run("update_sites"):
        site.serve("/page.csv", HTML)
        site.serve("/cut.zip", CUT_ZIP)
        site.serve("/short.csv", many(9))
        site.answers["/broken.csv"] = breaks_off
        run_id = stack.api.trigger(
            "update_sites", {"source": site.url + path, "at_least": 10}, "test"
        )
        assert stack.follow(run_id, "update_sites") == "failed"
    (asked,) = stack.tasks(run_id, "import_sites", "update_sites").values()
    assert (asked["state"], asked["try_number"]) == ("failed", 4)
    assert _states(stack, run_id, "update_sites")["notify_list_done"] == "failed"
    stack.until_told(run_id)
    (mail,) = (mail for mail in stack.mails(run_id) if "CRITICAL" in mail["Subject"])
    assert "no site list was taken" in mail["Subject"]
    for part in ("plain", "html"):
        assert said in plain(mail, part)
    assert not stack.mails(run_id, "ALERT")


@pytest.mark.long
def test_an_update_that_cannot_even_send_its_end_mail_is_told_by_its_dag(stack: Stack) -> None:
    with list_server() as site, stack.let_run("update_sites"):
        conf = {"source": site.serve("/list.csv", many(20)), "at_least": 10}
        run_id = stack.api.trigger("update_sites", conf, "test")
        killed: set[int] = set()
        with stack.slow_mail():
            for _ in range(4):
                find = stack.running(run_id, "notify_list_done", "update_sites", killed)
                pid = stack.until(find)["pid"]
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        assert stack.follow(run_id, "update_sites") == "failed"
    stack.until(lambda: stack.mails(run_id, "ALERT: the list of sites did not arrive"))
    (alert,) = stack.mails(run_id, "ALERT")
    assert "no task could say why: it was killed, or never began" in plain(alert)
    assert "/tasks/notify_list_done" in plain(alert, "html")


def test_dropping_by_hand_is_dry(stack: Stack, first_run: str) -> None:
    before = stack.rows(first_run)
    with stack.let_run("drop_old_runs"):
        run_id = stack.api.trigger("drop_old_runs", {"keep_rows": 2, "keep_answers": 2}, "test")
        assert stack.follow(run_id, "drop_old_runs") == "success"
    said = _log(stack, run_id, "drop_old_runs", "drop_old_runs")
    assert "0 things would be dropped, 0 bytes" in said
    assert stack.rows(first_run) == before
