"""The owner of a running stack: the one process that starts all the others and ends them.

`make run` owns one for the length of a run; `make up` leaves one in the background. Who owns holds
the lock; whatever else of ours runs without an owner is left over from a killed one and is ended
before anything starts.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path
from typing import IO, Any, NamedTuple

from dnstats.db import roles
from dnstats.stack import (
    airflow_database,
    airflow_home,
    choose_dns,
    lab_process,
    ports,
    private,
    processes,
)
from dnstats.stack.airflow_api import AirflowApi, Refused, Unreachable
from dnstats.stack.fault import StackFault, room_left
from dnstats.stack.places import Places
from dnstats.stack.postgres import Cluster

HEALTHY_SECONDS = 300.0
STOP_SECONDS = 8.0  # SIGTERM is answered in 4 to 12; nothing is lost by not waiting longer
LAB_ENVIRONMENT = {
    # Scheduled runs, and those of the trigger form, are of the practice internet too.
    "DNSTATS_DNS": "lab",
    "DNSTATS_ALLOW_SPECIAL": "true",
    # Politeness is for other people's servers.
    "DNSTATS_SERVER_RATE": "10000",
    # An answer on loopback takes milliseconds; some servers there are silent on purpose.
    "DNSTATS_TIMEOUT": "1",
}


class Order(NamedTuple):
    """What stack is wanted. `schedule` False: nothing starts by itself."""

    dns: str
    schedule: bool
    sites: Path | None = None  # the list the lab knows; None: its own
    direct_port: int | None = None
    seed: str = "1"


class State(NamedTuple):
    """A stack that serves, as var/run/stack.json tells everybody."""

    pid: int
    kind: str  # run, up
    address: str
    dns: str
    resolvers: tuple[str, ...]
    direct_port: int | None
    ready: bool


class Owner:
    """Starts and ends the stack of one checkout. `wanted_port` 0: whichever is free."""

    wanted_port = 8080

    def __init__(self, places: Places, order: Order, kind: str, say: Callable[[str], None]) -> None:
        self.places, self.order, self.kind, self.say = places, order, kind, say
        self.pid = os.getpid()
        self.secrets = private.load(places.secrets)
        self.cluster = Cluster(places.postgres, member_file=places.members)
        self.components: dict[str, subprocess.Popen[bytes]] = {}
        self.lab: lab_process.Lab | None = None
        self.env: dict[str, str] = {}
        self._lock: IO[bytes] | None = None

    def start(self) -> State:
        """Everything up and healthy, or StackFault."""
        began = time.monotonic()
        self._lock = take_lock(self.places)
        self._write_state(None)
        if left := processes.stop_members(self.places.members, grace=3.0):
            self.say(f"ended {left} processes left over from a stack that was killed")
        for folder in (self.places.members.parent, self.places.logs, self.places.airflow_home):
            folder.mkdir(parents=True, exist_ok=True)
        self.places.members.touch()
        with ThreadPoolExecutor(1) as thread:  # a silent resolver takes 4 s to be called silent
            choosing = thread.submit(choose_dns.choose, self.order.dns)
            self._start_database()
            choice = choosing.result()
        port = ports.near(self.wanted_port) if self.wanted_port else ports.any_free()
        if port != self.wanted_port:
            self.say(f"port {self.wanted_port} is taken: Airflow is at {port}")
        self.env = self._environment(port, choice)
        waiting_lab = self._launch_lab() if choice.mode == "lab" else None
        self._migrate()
        if waiting_lab is not None:
            self.lab = lab_process.await_ready(*waiting_lab, self.places.logs / "lab.log")
            self.env |= {
                "DNSTATS_RESOLVERS": self.lab.resolvers[0],
                "DNSTATS_SECOND_RESOLVERS": ",".join(self.lab.resolvers[1:]),
                "DNSTATS_DIRECT_PORT": str(self.lab.direct_port),
            }
        self._announce(choice)
        for component in airflow_home.COMPONENTS:
            self.launch(component)
        self._await_healthy(port)
        self.say(f"Airflow is up after {time.monotonic() - began:.0f} s")
        resolvers = self.lab.resolvers[:1] if self.lab else choice.resolvers
        direct_port = self.lab.direct_port if self.lab else self.order.direct_port
        state = State(
            os.getpid(), self.kind, self._address(port), choice.mode, resolvers, direct_port, True
        )
        self._write_state(state)
        return state

    def stop(self) -> None:
        """End all of it, the killing kind of end at last. Of what another owner has: nothing."""
        if self._lock is None:
            return
        asked = {p.pid for p in self.components.values() if p.poll() is None}
        if asked:
            processes.stop_all(asked, grace=STOP_SECONDS)
        server = {self.cluster.running_pid()} - {None}
        others = processes.members(self.places.members) - self._database_pids(server)
        processes.stop_all(others, grace=2.0)
        self.cluster.stop()
        processes.stop_members(self.places.members, grace=2.0)
        self.components.clear()
        self.places.state.unlink(missing_ok=True)
        self._lock.close()
        self._lock = None

    def launch(self, component: str) -> None:
        """Start one of Airflow's components."""
        self.components[component] = processes.spawn(
            airflow_home.command(component),
            env=self.env,
            log=self.places.logs / f"{component}.log",
            cwd=self.places.airflow_home,
            member_file=self.places.members,
        )

    def dead(self) -> dict[str, int]:
        """Exit status of every program that ended though nobody asked it to."""
        ended = {name: process.poll() for name, process in self.components.items()}
        if self.lab is not None:
            ended["lab"] = self.lab.process.poll()
        if self.cluster.running_pid() is None:
            ended["postgres"] = -1
        return {name: status for name, status in ended.items() if status is not None}

    def check(self) -> None:
        """StackFault when a program of the stack has died."""
        for name, status in self.dead().items():
            log = self.cluster.log if name == "postgres" else self.places.logs / f"{name}.log"
            left = room_left(self.places.var)
            raise StackFault(
                f"{name} ended by itself (status {status}); {log} may say why{left}; "
                "what was done is kept, and the same make again begins anew"
            )

    def _start_database(self) -> None:
        if self.cluster.home != self.cluster.folder:
            self.say(
                f"PostgreSQL does not run as root, and the user it runs as cannot get into "
                f"{self.places.root}: its data is in {self.cluster.home} (`make clean` removes it)"
            )
        self.cluster.start()
        self.cluster.prepare_roles()

    def _environment(self, port: int, choice: choose_dns.Choice) -> dict[str, str]:
        env = airflow_home.environment(
            self.places,
            self.secrets,
            port=port,
            airflow_database=self.cluster.url("airflow", "psycopg2", role=roles.AIRFLOW),
            dnstats_connection=self.cluster.conninfo_url("dnstats", roles.APP),
            environ=os.environ,
        )
        if not self.order.schedule:
            env["DNSTATS_SCHEDULE"] = "never"
        if choice.mode == "lab":
            env |= LAB_ENVIRONMENT
        else:
            env["DNSTATS_RESOLVERS"] = ",".join(choice.resolvers)
            if self.order.direct_port:
                env["DNSTATS_DIRECT_PORT"] = str(self.order.direct_port)
        return env

    def _launch_lab(self) -> tuple[subprocess.Popen[bytes], Path]:
        return lab_process.launch(self.places, self.env, self.order.sites, self.order.seed)

    def _migrate(self) -> None:
        from dnstats.db.migrate import migrate

        known = airflow_database.Migration(
            self.cluster.conninfo_url("airflow", roles.AIRFLOW),
            self.places.airflow_home / "migrated",
            metadata.version("apache-airflow"),
        )
        migrating = None
        if not known.is_done():
            self.say("bringing Airflow's database up to date (once, 10 to 20 s)")
            migrating = processes.spawn(
                [*airflow_home.command("scheduler")[:3], "db", "migrate"],
                env=self.env,
                log=self.places.logs / "migrate.log",
                cwd=self.places.airflow_home,
                member_file=self.places.members,
            )
        migrate(self.cluster.url("dnstats", role=roles.OWNER))
        if migrating is not None:
            if migrating.wait() != 0:
                raise StackFault(
                    f"`airflow db migrate` failed; {self.places.logs / 'migrate.log'} says why"
                )
            known.remember()
        airflow_database.pause_all(self.cluster.conninfo_url("airflow", roles.AIRFLOW))

    def _announce(self, choice: choose_dns.Choice) -> None:
        if choice.mode == "lab":
            line = "!" * 78
            self.say(
                f"{line}\n!! PRACTICE INTERNET: {choice.why}.\n"
                f"!! What follows is about made-up zones on this machine, not about real sites.\n"
                f"{line}"
            )
        else:
            self.say(f"DNS: {', '.join(choice.resolvers)} ({choice.mode}; {choice.why})")

    def _await_healthy(self, port: int) -> None:
        api = AirflowApi(self._address(port), self.secrets.admin_password)
        deadline = time.monotonic() + HEALTHY_SECONDS
        missing: dict[str, Any] = {}
        with contextlib.closing(api):
            while time.monotonic() < deadline:
                self.check()
                with contextlib.suppress(Unreachable):
                    missing = {k: v for k, v in api.health().items() if v != "healthy"}
                    if not missing:
                        self._refuse_other(api)
                        return
                time.sleep(0.25)
        raise StackFault(
            f"Airflow is not healthy after {HEALTHY_SECONDS:.0f} s "
            f"({', '.join(missing) or 'api-server'}); see {self.places.logs}"
        )

    def _refuse_other(self, api: AirflowApi) -> None:
        """Of two stacks that start at the same time, one finds its port taken after all."""
        try:
            api.dag("daily_scan")
        except Refused as refused:
            raise StackFault(
                f"{api.address} is another Airflow's, which took the port meanwhile ({refused}); "
                "try again"
            ) from None

    def _database_pids(self, server: set[int | None]) -> set[int]:
        """The server and its children, which hold the member file too."""
        return {
            pid
            for pid in processes.members(self.places.members)
            if pid in server or processes.parent(pid) in server
        }

    def _write_state(self, state: State | None) -> None:
        self.places.state.parent.mkdir(parents=True, exist_ok=True)
        now = state or State(os.getpid(), self.kind, "", self.order.dns, (), None, False)
        half = self.places.state.with_suffix(".half")
        half.write_text(json.dumps(now._asdict()))
        half.replace(self.places.state)

    def _address(self, port: int) -> str:
        return f"http://{ports.HOST}:{port}"


def take_lock(places: Places, seconds: float = 1.0) -> IO[bytes]:
    """Become the owner; StackFault when somebody is (`read_state` only looks, for a moment)."""
    places.var.mkdir(parents=True, exist_ok=True)
    lock = places.lock.open("ab")
    deadline = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            lock.close()
            raise StackFault(
                "a stack runs in this checkout already: `make status` tells, `make down` ends it"
            ) from None
        return lock


def read_state(places: Places) -> State | None:
    """The stack that runs in this checkout now; None: nobody owns one."""
    with contextlib.suppress(StackFault):
        take_lock(places, 0.0).close()
        return None
    try:
        said = json.loads(places.state.read_text())
        return State(**{**said, "resolvers": tuple(said["resolvers"])})
    except (OSError, ValueError, TypeError, KeyError):
        return State(0, "unknown", "", "", (), None, False)


def ready_state(places: Places) -> State:
    """The stack that serves in this checkout now, or StackFault."""
    state = read_state(places)
    if state is None:
        raise StackFault("Airflow does not run here: `make up`, then again")
    if not state.ready:
        raise StackFault("the stack is still starting; try again in half a minute")
    return state
