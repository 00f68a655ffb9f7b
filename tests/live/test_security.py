"""The stack keeps to itself: loopback, a login, and no secret where others read."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from dnstats.db import roles
from dnstats.db.connect import open_database
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


def test_no_secret_stands_in_what_the_stack_made(stack: Stack, first_run: str) -> None:
    """Logs, mails, archive, report, lists, state: all of var/ but where secrets are kept."""
    assert first_run
    places, kept = stack.owner.places, secrets_of(stack)
    homes = (places.secrets, places.postgres, places.airflow_home / "airflow.cfg")
    found = [p for p in places.var.rglob("*") if p.is_file() and not p.is_fifo()
             and not any(p.is_relative_to(home) for home in homes)]  # fmt: skip
    for wanted in ("task_id=scan_chunk", "stack.json", ".parquet", "index.html", "scheduler.log"):
        assert any(wanted in str(path) for path in found), wanted
    for path in found:
        content = path.read_bytes()
        assert [s for s in kept if s.encode() in content] == [], path


def test_the_search_would_find_a_secret_where_one_is(stack: Stack) -> None:
    content = (stack.owner.places.secrets / "airflow_passwords.json").read_text()
    assert [s for s in secrets_of(stack) if s in content] == [stack.owner.secrets.admin_password]


def test_no_secret_stands_in_a_command_line(stack: Stack, first_run: str) -> None:
    members = processes.members(stack.owner.places.members)
    assert len(members) > 5
    for pid in members:
        with contextlib.suppress(OSError):  # gone meanwhile
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
            assert [s for s in secrets_of(stack) if s.encode() in line] == [], line


@pytest.mark.parametrize("database", ["airflow", "dnstats"])
def test_no_secret_stands_in_a_database(stack: Stack, first_run: str, database: str) -> None:
    """Task instances, rendered fields, XComs, logs of events, callbacks: each table, as text."""
    cluster, tables = stack.owner.cluster, 0
    with open_database(cluster.url(database)).connect() as connection:
        names = connection.scalars(
            sa.text("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
        ).all()
        for name in names:
            rows = connection.scalars(sa.text(f"SELECT t::text FROM {name} t")).all()
            tables += bool(rows)
            for secret in secrets_of(stack):
                assert not any(secret in row for row in rows), name
    assert tables > 5


def test_the_application_owns_nothing_and_may_change_no_table(stack: Stack) -> None:
    with open_database(stack.owner.cluster.url("dnstats", role=roles.APP)).connect() as connection:
        assert (
            connection.scalar(sa.text("SELECT usesuper FROM pg_user WHERE usename = user")) is False
        )
        owned = "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
        assert connection.scalar(sa.text(owned)) == 0
        with pytest.raises(sa.exc.ProgrammingError, match="must be owner"):
            connection.execute(sa.text("DROP TABLE runs"))
    stack_connection = stack.owner.env["AIRFLOW_CONN_DNSTATS_DB"]
    assert stack_connection.startswith(f"postgresql://{roles.APP}:")
    with pytest.raises(sa.exc.OperationalError, match="permission denied"):
        open_database(stack.owner.cluster.url("airflow", role=roles.APP)).connect()


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
