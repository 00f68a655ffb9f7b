"""The environment of Airflow's components."""

from __future__ import annotations

from pathlib import Path

from dnstats.stack import airflow_home, private
from dnstats.stack.places import Places


def environment(tmp_path: Path, environ: dict[str, str]) -> dict[str, str]:
    return airflow_home.environment(
        Places(tmp_path, tmp_path / "var", tmp_path / "dags"),
        private.load(tmp_path / "secrets"),
        port=8099,
        airflow_database="postgresql+psycopg2://x/airflow",
        dnstats_connection="postgresql://x/dnstats",
        environ=environ,
    )


def test_another_airflows_settings_do_not_leak_in(tmp_path: Path) -> None:
    leaked = {"AIRFLOW__SECRETS__BACKEND": "theirs", "AIRFLOW_HOME": "/theirs", "PYTHONPATH": "/x"}
    made = environment(tmp_path, {**leaked, "AIRFLOW_CONN_SMTP_DEFAULT": "smtp://h", "PATH": "/b"})
    assert "AIRFLOW__SECRETS__BACKEND" not in made
    assert "PYTHONPATH" not in made
    assert made["AIRFLOW_HOME"] == str(tmp_path / "var" / "airflow")
    assert made["AIRFLOW_CONN_SMTP_DEFAULT"] == "smtp://h"
    assert made["PATH"] == "/b"


def test_everything_is_on_loopback_at_our_port(tmp_path: Path) -> None:
    made = environment(tmp_path, {})
    assert made["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert made["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8099/execution/"
    assert "--skip-serve-logs" in airflow_home.command("scheduler")
    assert "--skip-serve-logs" in airflow_home.command("triggerer")


def test_parallelism_follows_the_cores_within_reason() -> None:
    assert [airflow_home.parallelism(n) for n in (None, 1, 2, 64)] == [4, 4, 8, 16]
