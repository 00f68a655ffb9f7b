"""`make backup` and `make restore`: the results' database as one file of pg_dump.

The archive's files are not in it: they are files already, and never change.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
from psycopg import sql
from rich.console import Console

from dnstats.db import roles
from dnstats.db.migrate import migrate
from dnstats.stack.fault import StackFault
from dnstats.stack.owner import read_state, take_lock
from dnstats.stack.places import Places
from dnstats.stack.postgres import Cluster

DATABASE = "dnstats"
HALF = "dnstats_restoring"


def backup(places: Places, console: Console) -> int:
    """Dump the database, from the server that runs or from one started for it."""
    folder = places.var / "backup"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    path = folder / f"dnstats-{dt.datetime.now(dt.UTC):%Y%m%dT%H%M%SZ}.dump"
    half = path.with_suffix(".half")
    with _server(places) as cluster:
        _client(cluster, "pg_dump", ["--format=custom", f"--file={half}"], DATABASE)
    half.replace(path)
    console.out(f"{path}  {path.stat().st_size:,} bytes; the archive is {places.var / 'archive'}")
    return 0


def restore(places: Places, dump: Path, console: Console) -> int:
    """Put a dump in the place of the database; a dump that is not whole changes nothing."""
    if not dump.is_file():
        raise StackFault(f"DUMP={dump}: there is no such file; `make backup` makes one")
    if read_state(places) is not None:
        raise StackFault("a stack runs here and uses the database: `make down`, then again")
    with contextlib.closing(take_lock(places)), Cluster(places.postgres) as cluster:
        cluster.prepare_roles()
        _run(cluster, "DROP DATABASE IF EXISTS {} WITH (FORCE)", HALF)
        _run(cluster, "CREATE DATABASE {} OWNER {}", HALF, roles.OWNER)
        arguments = ["--exit-on-error", "--no-owner", f"--role={roles.OWNER}", str(dump)]
        _client(cluster, "pg_restore", [*arguments, f"--dbname={HALF}"], HALF)
        _run(cluster, "DROP DATABASE IF EXISTS {} WITH (FORCE)", DATABASE)
        _run(cluster, "ALTER DATABASE {} RENAME TO {}", HALF, DATABASE)
        cluster.prepare_roles()
        migrate(cluster.url(DATABASE, role=roles.OWNER))
        with psycopg.connect(cluster.conninfo_url(DATABASE, roles.READER)) as connection:
            row = connection.execute("SELECT count(*), max(day) FROM runs").fetchone()
    assert row is not None
    console.out(f"restored {dump}: {row[0]:,} runs, the newest of {row[1]}; `make up` goes on")
    return 0


@contextlib.contextmanager
def _server(places: Places) -> Iterator[Cluster]:
    if read_state(places) is not None:
        yield Cluster(places.postgres)
        return
    with contextlib.closing(take_lock(places)), Cluster(places.postgres) as cluster:
        yield cluster


def _client(cluster: Cluster, program: str, arguments: Sequence[str], database: str) -> None:
    """Run one of PostgreSQL's programs; the password goes by the environment, not by arguments."""
    url = psycopg.conninfo.conninfo_to_dict(cluster.conninfo_url(database))
    env = os.environ | {
        "PGHOST": str(url["host"]), "PGPORT": str(url["port"]), "PGUSER": str(url["user"]),
        "PGPASSWORD": str(url["password"]), "PGDATABASE": database,
    }  # fmt: skip
    done = subprocess.run(
        [cluster.programs() / "bin" / program, *arguments],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise StackFault(f"{program} failed: {' / '.join(done.stderr.strip().splitlines()[-3:])}")


def _run(cluster: Cluster, statement: str, *names: str) -> None:
    with psycopg.connect(cluster.conninfo_url("postgres"), autocommit=True) as connection:
        parts = [sql.Identifier(name) for name in names]
        connection.execute(sql.SQL(statement).format(*parts))
