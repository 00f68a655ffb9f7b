"""The stack keeps to itself: loopback, a login, and no secret where others read."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from dnstats.db import roles
from dnstats.stack import processes

from tests.live.conftest import SCAN, SMTP_PASSWORD, Stack


def listening(pids: set[int]) -> set[str]:
    """Addresses in /proc/net's hexadecimal at which these processes listen for connections."""
    inodes = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = os.readlink(descriptor)
            except OSError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            field = line.split()
            if field[3] == "0A" and field[9] in inodes:
                found.add(field[1].partition(":")[0])
    return found


def test_nothing_listens_beside_loopback(stack: Stack) -> None:
    addresses = listening(processes.members(stack.owner.places.members))
    assert "0100007F" in addresses
    assert all(address.endswith("7F") for address in addresses), addresses  # 127.x.x.x, reversed


@pytest.mark.parametrize("path", ["/api/v2/dags", "/api/v2/connections", "/api/v2/config"])
def test_the_api_says_nothing_without_a_login(stack: Stack, path: str) -> None:
    with httpx.Client(base_url=stack.api.address, trust_env=False) as client:
        assert client.get(path).status_code == 401
        wrong = client.post("/auth/token", json={"username": "admin", "password": "admin"})
        assert wrong.status_code == 401


def test_secrets_are_readable_by_their_owner_alone(stack: Stack) -> None:
    folder = stack.owner.places.secrets
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in [*folder.iterdir(), stack.owner.places.airflow_home / "airflow.cfg"]:
        assert path.stat().st_mode & 0o077 == 0, path
    for path in stack.owner.cluster.home.glob("password*"):
        assert path.stat().st_mode & 0o077 == 0, path


def secrets_of(stack: Stack) -> list[str]:
    kept = stack.owner.secrets
    own = [kept.fernet_key, kept.jwt_secret, kept.api_secret_key, kept.admin_password,
           SMTP_PASSWORD]  # fmt: skip
    return own + [stack.owner.cluster.role_password(role) for role in (*roles.ROLES, "dnstats")]


def test_no_secret_stands_in_a_log(stack: Stack, first_run: str) -> None:
    assert first_run
    places = stack.owner.places
    logs = [path for folder in (places.logs, places.airflow_home / "logs")
            for path in folder.rglob("*") if path.is_file()]  # fmt: skip
    assert any("task_id=scan_chunk" in str(path) for path in logs)
    for path in logs:
        text = path.read_text(errors="replace")
        assert [s for s in secrets_of(stack) if s in text] == [], path


def test_no_secret_travels_between_tasks(stack: Stack, first_run: str) -> None:
    found = stack.api.call("GET", f"/dags/{SCAN}/dagRuns/{first_run}/taskInstances/~/xcomEntries")
    text = ""
    for entry in found["xcom_entries"]:
        path = (
            f"/dags/{SCAN}/dagRuns/{first_run}/taskInstances/{entry['task_id']}/xcomEntries/"
            f"{entry['key']}?map_index={entry['map_index']}"
        )
        text += str(stack.api.call("GET", path)["value"])
    assert "ranks 1-20" in text
    assert [s for s in secrets_of(stack) if s in text] == []
    assert "postgresql" not in text
