"""The DAGs as Airflow itself reads them: in a process of its own, with a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from dnstats.tasks.run_request import RunRequest

ROOT = Path(__file__).parents[2]

READ = """
import json, os, sys
from airflow import settings
from airflow._shared.module_loading import find_path_from_directory
from airflow.dag_processing.dagbag import BundleDagBag
from airflow import plugins_manager
def read():
    return BundleDagBag(dag_folder="dags", bundle_path="dags", bundle_name="dags")
found = read()
plugins = settings.PLUGINS_FOLDER
dags = {
    dag.dag_id: {
        "tasks": [task.task_id for task in dag.topological_sort()],
        "doc": dag.doc_md,
        "tags": sorted(dag.tags),
        "params": {name: dag.params.get_param(name).description for name in dag.params},
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "details": {
            task.task_id: [
                task.retries, task.queue, task.pool, task.priority_weight, task.weight_rule.name
                if hasattr(task.weight_rule, "name") else str(task.weight_rule),
                task.execution_timeout.total_seconds(), str(task.trigger_rule),
            ]
            for task in dag.tasks
        },
    }
    for dag in found.dags.values()
}
def files(ignore):
    return [p for p in find_path_from_directory(plugins, ignore, "glob") if p.endswith(".py")]
executed = files(".airflowignore")
if len(executed) == 1:  # else __main__.py is among them, and its sys.exit() ends us here
    plugins_manager.ensure_plugins_loaded()
deadlines = {}
if len(executed) == 1:  # as Airflow keeps it, and back, by the class that the plugin registers
    from airflow.serialization.decoders import decode_deadline_reference
    from airflow.serialization.encoders import encode_deadline_reference
    for dag in found.dags.values():
        for alert in dag.deadline or ():
            kept = json.loads(json.dumps(encode_deadline_reference(alert.reference)))
            back = decode_deadline_reference(kept).inner_ref
            deadlines[dag.dag_id] = [back.by, back.hours, kept["reference_type"]]
schedules = {}
for schedule in ("never", "after list", "0 9 * * *"):
    os.environ["DNSTATS_SCHEDULE"] = schedule
    schedules[schedule] = type(read().dags["daily_scan"].timetable).__name__
print("RESULT" + json.dumps({
    "errors": found.import_errors, "dags": dags, "schedules": schedules,
    "deadlines": deadlines,
    "executed": executed, "without": len(files(".none")),
    "plugins": [] if len(executed) > 1 else
        [plugin["name"] for plugin in plugins_manager.get_plugin_info(["name"])],
    "plugin_errors": {} if len(executed) > 1 else plugins_manager.get_import_errors(),
}))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict[str, Any]:
    """What Airflow finds in dags/ and plugins/."""
    environ = {
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PATH": os.environ["PATH"],
    }
    done = subprocess.run(
        [sys.executable, "-c", READ], cwd=ROOT, env=environ, capture_output=True, text=True
    )
    results = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
    assert results, done.stderr[-2000:]
    return json.loads(results[0].removeprefix("RESULT"))


def test_every_dag_file_can_be_read(found: dict[str, Any]) -> None:
    assert found["errors"] == {}
    assert sorted(found["dags"]) == [
        "daily_scan",
        "drop_old_runs",
        "publish_report",
        "update_sites",
    ]


def test_a_scan_runs_by_the_clock_or_after_the_list_or_never(found: dict[str, Any]) -> None:
    assert found["schedules"] == {
        "never": "NullTimetable",
        "after list": "AssetTriggeredTimetable",
        "0 9 * * *": "CronTriggerTimetable",
    }


def test_the_deadline_of_a_scan_comes_back_as_airflow_keeps_it(found: dict[str, Any]) -> None:
    said = "its deadline (18:00 UTC; by hand or backfill, after 10 h)"
    assert found["deadlines"] == {"daily_scan": ["18:00", 10, said]}


def test_the_daily_scan_has_its_six_boxes_and_no_others(found: dict[str, Any]) -> None:
    assert found["dags"]["daily_scan"]["tasks"] == [
        "create_run", "notify_start", "scan_chunk", "process_chunk", "grade_chunk", "notify_done",
    ]  # fmt: skip


def test_a_box_is_a_file_of_its_name(found: dict[str, Any]) -> None:
    for dag in found["dags"].values():
        for task in dag["tasks"]:
            assert (ROOT / "plugins" / "dnstats" / "tasks" / f"{task}.py").exists()


def test_every_dag_says_what_it_is_and_every_param_what_it_does(found: dict[str, Any]) -> None:
    for dag in found["dags"].values():
        assert dag["doc"]
        assert dag["tags"] == ["dnstats"]
        assert not dag["catchup"]
        assert dag["max_active_runs"] == 1
        assert all(dag["params"].values())


def test_the_form_has_every_ceiling_that_a_run_has(found: dict[str, Any]) -> None:
    params = found["dags"]["daily_scan"]["params"]
    assert {name for name in params if name.endswith("_rate")} == {
        name for name in RunRequest.__struct_fields__ if name.endswith("_rate")
    }


def test_every_task_is_bounded_and_tried_again(found: dict[str, Any]) -> None:
    for dag in found["dags"].values():
        for task, (retries, *_, seconds, _rule) in dag["details"].items():
            assert retries >= 2, task
            assert 0 < seconds <= 3 * 3600, task


def test_scans_have_a_pool_and_queue_and_later_stages_go_first(found: dict[str, Any]) -> None:
    details = found["dags"]["daily_scan"]["details"]
    assert details["scan_chunk"][1:3] == ["scan", "scan"]
    assert (
        details["process_chunk"][1:3] == details["grade_chunk"][1:3] == ["default", "default_pool"]
    )
    weights = [details[task][3] for task in ("scan_chunk", "process_chunk", "grade_chunk")]
    assert weights == sorted(weights)
    assert len(set(weights)) == 3


def test_notify_done_runs_whatever_happened(found: dict[str, Any]) -> None:
    assert found["dags"]["daily_scan"]["details"]["notify_done"][-1].endswith("ALL_DONE")


def test_airflow_executes_one_file_as_a_plugin_and_nothing_of_the_package(
    found: dict[str, Any],
) -> None:
    """Without plugins/.airflowignore every file runs, __main__.py and its sys.exit() included."""
    assert [Path(path).name for path in found["executed"]] == ["dnstats_ui.py"]
    assert found["without"] > 100
    assert "dnstats" in found["plugins"]
    assert found["plugin_errors"] == {}
