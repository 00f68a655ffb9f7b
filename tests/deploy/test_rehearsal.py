"""The rehearsal's reading of docker-compose.yaml, and its judgement of what it saw."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from dnstats.settings import ROOT
from dnstats.stack.fault import StackFault
from rehearsal import record, world
from rehearsal.compose_file import Unset, filled, in_order, read_env, read_services
from rehearsal.drive import TABLES, Drive
from rehearsal.images import health_of, image_of

SECRETS = re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yaml").read_text("utf-8"))
SERVICES = read_services(ROOT / "docker-compose.yaml", dict.fromkeys(SECRETS, "s3cret"))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("${A}", "1"),
        ("x${A:-2}y", "x1y"),
        ("${B:-2}", "2"),
        ("${EMPTY:-2}", "2"),
        ("${B}", ""),
        ("$$HOSTNAME", "$HOSTNAME"),
        ("$${A}", "${A}"),
        ("${A:?is missing}", "1"),
    ],
)
def test_variables_are_filled_in_as_an_engine_does(text: str, wanted: str) -> None:
    assert filled(text, {"A": "1", "EMPTY": ""}) == wanted


def test_a_variable_that_must_be_there_is_named() -> None:
    with pytest.raises(Unset, match=r"_KEY is missing in \.env; run make secrets"):
        read_services(ROOT / "docker-compose.yaml", {})


def test_env_files_are_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# a\n\nA=1\nB = x=y \n")
    assert read_env(tmp_path / ".env") == {"A": "1", "B": "x=y"}


def test_a_service_is_read_with_what_it_inherits() -> None:
    scan = SERVICES["airflow-worker-scan"]
    assert scan.command == ("celery", "worker", "--queues", "scan", "--concurrency", "4")
    assert scan.environment["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert scan.environment["DUMB_INIT_SETSID"] == "0"
    assert scan.health[:2] == ("sh", "-c")
    assert scan.health[2].endswith('-d "celery@${HOSTNAME}"')
    assert ("./plugins", "/opt/airflow/plugins", True) in scan.volumes
    assert ("dnstats-var", "/opt/airflow/var", False) in scan.volumes


def test_each_starts_after_those_that_it_waits_for() -> None:
    order = [service.name for service in in_order(SERVICES)]
    assert len(order) == len(SERVICES)
    for service in SERVICES.values():
        assert all(order.index(n) < order.index(service.name) for n in service.waits_for)


def test_services_that_wait_for_each_other_are_a_fault() -> None:
    one = SERVICES["postgres"]._replace(waits_for={"valkey": "service_healthy"})
    other = SERVICES["valkey"]._replace(waits_for={"postgres": "service_healthy"})
    with pytest.raises(ValueError, match="wait for each other"):
        in_order({"postgres": one, "valkey": other})


def test_commands_are_those_of_the_file(tmp_path: Path) -> None:
    assert image_of(SERVICES["airflow-scheduler"], tmp_path).argv == ("airflow", "scheduler")
    assert image_of(SERVICES["airflow-init"], tmp_path).argv[0] == "/bin/bash"
    postgres = image_of(SERVICES["postgres"], tmp_path).argv
    assert postgres[-len(SERVICES["postgres"].command) :] == SERVICES["postgres"].command
    for service in SERVICES.values():
        assert bool(health_of(service, tmp_path)) == bool(service.health)


def test_all_that_the_machine_lacks_is_named_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(world, "ROOT_KEY", str(tmp_path / "root.key"))
    with pytest.raises(StackFault) as fault:
        world.enter([])
    for name in (*world.PROGRAMS, "valkey-server or redis-server", world.ROOT_KEY):
        assert f"{name}" in str(fault.value)
    assert "apt-get install util-linux" in str(fault.value)


def _rows(*runs: list[tuple[int]]) -> tuple[dict[str, list[tuple[int]]], ...]:
    return tuple(dict.fromkeys(TABLES, rows) for rows in runs)


def _seen() -> record.Seen:
    def task(name: str, queue: str) -> dict[str, Any]:
        host = "airflow-worker-scan" if queue == "scan" else "airflow-worker"
        return {"task_id": name, "queue": queue, "hostname": host, "state": "success",
                "try_number": 1}  # fmt: skip

    tasks = [task(n, "scan" if n == "scan_chunk" else "default") for n in record.SIX]
    seen = record.Seen(10, 5, {})
    seen.runs = tuple(Drive(name, tasks, 1.0, "success") for name in "abc")
    seen.killed, seen.outage = (3, 1, 1), (0.1, 1, 1)
    seen.rows = _rows([(1,)], [(1,)], [(1,)])
    seen.mails = ["mail"] * 6
    return seen


def test_what_was_as_it_should_be_has_no_fault() -> None:
    assert _seen().faults() == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"killed": None}, "worker killed"),
        ({"outage": None}, "database stopped in the third"),
        ({"mails": []}, "0 mails"),
        ({"left": ["7 airflow"]}, "left running"),
        ({"secrets_found": ["X stands in y"]}, "X stands in y"),
        ({"health_after": {"valkey": ("exit status 1", 0.1)}}, "valkey was not healthy"),
        ({"rows": _rows([(1,)], [(1,)], [(2,)])}, "grades differs"),
        ({"rows": _rows([(1,)], [(1,), (1,)], [(1,)])}, "differs"),
    ],
)
def test_what_was_not_is_said(change: dict[str, Any], said: str) -> None:
    seen = _seen()
    for name, value in change.items():
        setattr(seen, name, value)
    assert any(said in fault for fault in seen.faults())


def test_work_of_the_wrong_worker_is_a_fault() -> None:
    seen = _seen()
    seen.runs[0].tasks[0]["hostname"] = "airflow-worker-scan"
    seen.runs[0].tasks[1]["hostname"] = ""
    assert any("work was done by" in fault for fault in seen.faults())


@pytest.mark.parametrize("without_root", [True, False])
def test_the_page_says_when_the_file_s_users_were_not_tried(without_root: bool) -> None:
    seen = _seen()
    seen.without_root = without_root
    seen.summary = {"sites": 10, "measured": 10, "nxdomain": 0, "questions": 30,
                    "questions_not_measured": 0, "mean_grades": {"overall": 69.1}}  # fmt: skip
    said = "every service ran as one user, whatever the table below has from the file"
    assert (said in record.page(seen, [])) == without_root


def test_a_secret_in_a_log_is_found(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "x.log").write_text("connecting with hunter22")
    found = record.search_secrets(tmp_path, {"A_PASSWORD": "hunter22", "OTHER": "connecting"})
    assert found == ["A_PASSWORD stands in log/x.log"]
