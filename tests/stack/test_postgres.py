"""A cluster of our own: started, found again, recovered, closed to strangers."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from dnstats.stack import processes
from dnstats.stack.fault import StackFault
from dnstats.stack.postgres import Cluster

FAST = {"fsync": "off"}


@pytest.fixture
def folder() -> Iterator[Path]:
    # pytest's own tmp_path is 0700: as root, the server's user could not go through it.
    outer = Path(tempfile.mkdtemp(prefix="dnstats-test-"))
    outer.chmod(0o711)
    yield outer / "postgres"
    Cluster(outer / "postgres").destroy()
    shutil.rmtree(outer)


def test_the_command_for_psql_can_be_typed_wherever_the_checkout_stands(tmp_path: Path) -> None:
    folder = tmp_path / "it's über here"
    folder.mkdir(parents=True)
    cluster = Cluster(folder / "postgres")
    (cluster.home / "port").write_text("5432\n")
    cluster.role_password("dnstats_reader")
    command = cluster.psql_command("dnstats", "dnstats_reader").replace(
        "psql -h", "psql --version -h"
    )
    assert "--version" in command
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def one(cluster: Cluster, query: str, database: str = "postgres") -> object:
    with psycopg.connect(cluster.conninfo_url(database)) as connection:
        row = connection.execute(query).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return row[0]


def test_what_was_written_is_there_after_a_restart(folder: Path) -> None:
    with Cluster(folder, settings=FAST) as cluster:
        cluster.create_database("dnstats")
        cluster.create_database("dnstats")
        with psycopg.connect(cluster.conninfo_url("dnstats")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        port, password = cluster.port, cluster.password
    with Cluster(folder, settings=FAST) as again:
        assert one(again, "SELECT value FROM kept", "dnstats") == 7
        assert (again.port, again.password) == (port, password)


def test_nobody_gets_in_without_the_password(folder: Path) -> None:
    with Cluster(folder, settings=FAST) as cluster:
        bare = cluster.conninfo_url("postgres").replace(f":{cluster.password}@", "@")
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(bare, password="wrong")
        assert (cluster.home / "password").stat().st_mode & 0o077 == 0
        assert cluster.data.stat().st_mode & 0o077 == 0


def test_it_listens_on_loopback_only_and_makes_no_socket_file(folder: Path) -> None:
    with Cluster(folder, settings=FAST) as cluster:
        assert one(cluster, "SHOW listen_addresses") == "127.0.0.1"
        assert one(cluster, "SHOW unix_socket_directories") == ""


def test_kill_9_of_the_server_needs_no_hand(folder: Path) -> None:
    with Cluster(folder) as cluster:
        with psycopg.connect(cluster.conninfo_url("postgres")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
        pid = cluster.running_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        processes.wait_gone([pid], 5)
        assert (cluster.data / "postmaster.pid").exists()
    with Cluster(folder) as again:
        assert one(again, "SELECT value FROM kept") == 7


def test_a_stale_pid_that_another_program_has_now_is_no_obstacle(folder: Path) -> None:
    with Cluster(folder, settings=FAST):
        pass
    # Our own pid: alive, and not a server.
    (folder / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}/data\n0\n1\n\n\n\n")
    with Cluster(folder, settings=FAST) as again:
        assert one(again, "SELECT 1") == 1


def test_kill_9_of_the_starter_leaves_no_server_for_long(folder: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from dnstats.stack.postgres import Cluster\n"
        "Cluster(Path(sys.argv[1])).start(); print('up', flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    assert starter.stdout.readline() == "up\n"
    server = Cluster(folder).running_pid()
    assert server is not None
    starter.kill()
    starter.wait()
    assert processes.wait_gone([server], 10) == set()
    with Cluster(folder) as again:
        assert one(again, "SELECT 1") == 1


def test_a_half_made_cluster_is_made_anew(folder: Path) -> None:
    folder.mkdir()
    (folder / "half-data-killed").mkdir()
    (folder / "half-data-killed" / "PG_VERSION").write_text("18\n")
    with Cluster(folder, settings=FAST) as cluster:
        assert one(cluster, "SELECT 1") == 1
    assert not list(folder.glob("half-data-*"))


def test_a_taken_port_is_given_up_for_another(folder: Path) -> None:
    with Cluster(folder, settings=FAST) as cluster:
        port = cluster.port
    with socket.socket() as thief:
        thief.bind(("127.0.0.1", port))
        thief.listen()
        with Cluster(folder, settings=FAST) as again:
            assert again.port != port
            assert one(again, "SELECT 1") == 1


def test_a_second_starter_is_told_that_it_is_in_use(folder: Path) -> None:
    with Cluster(folder, settings=FAST), pytest.raises(StackFault, match="in use"):
        Cluster(folder, settings=FAST).start()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(folder: Path) -> None:
    broken = Cluster(folder, settings={"no_such_setting": "1"})
    with pytest.raises(StackFault, match="no_such_setting"):
        broken.start()
    assert broken.running_pid() is None
    with Cluster(folder, settings=FAST) as cluster:
        assert one(cluster, "SELECT 1") == 1


@pytest.mark.parametrize("attempt", [0.05, 0.2, 0.4])
def test_kill_9_in_the_middle_of_making_it_needs_no_hand(folder: Path, attempt: float) -> None:
    code = (
        "import sys; from pathlib import Path; from dnstats.stack.postgres import Cluster\n"
        "print('go', flush=True); Cluster(Path(sys.argv[1])).start()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    starter.stdout.readline()
    time.sleep(attempt)
    starter.kill()
    starter.wait()
    with Cluster(folder, settings=FAST) as cluster:
        assert one(cluster, "SELECT 1") == 1
