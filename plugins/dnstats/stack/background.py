"""`make up`, `make down`, `make status`: a stack that stays, with the schedule on."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console

from dnstats.db.roles import READER
from dnstats.stack import private, processes
from dnstats.stack.airflow_api import AirflowApi
from dnstats.stack.fault import StackFault
from dnstats.stack.keeping import Keeper
from dnstats.stack.owner import Order, Owner, State, read_state
from dnstats.stack.places import Places
from dnstats.stack.postgres import Cluster
from dnstats.stack.run import await_dag, prepare

UP_SECONDS = 300.0
DOWN_SECONDS = 60.0


def up(places: Places, serve_arguments: list[str], console: Console) -> int:
    """Start the owner in the background and wait until it serves."""
    state = read_state(places)
    if state is not None:
        if state.kind != "up":
            raise StackFault("a `make run` is under way in this checkout; wait for it to end")
        console.out("is up already")
        return status(places, console)
    log = places.logs / "stack.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        owner = subprocess.Popen(
            [sys.executable, "-m", "dnstats.stack", "serve", *serve_arguments],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True, cwd=places.root,
        )  # fmt: skip
    try:
        _await_up(places, owner, log, console)
    except BaseException:
        if owner.poll() is None:
            owner.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                owner.wait(DOWN_SECONDS)
        raise
    return status(places, console)


def _await_up(places: Places, owner: subprocess.Popen[bytes], log: Path, console: Console) -> None:
    deadline, shown = time.monotonic() + UP_SECONDS, 0
    while time.monotonic() < deadline:
        ended = owner.poll() is not None
        said = log.read_text(errors="replace").splitlines()
        for line in said[shown:]:
            console.out(line)
        shown = len(said)
        if ended:
            raise StackFault("the stack did not start")
        state = read_state(places)
        if state is not None and state.ready and "ready" in said:
            return
        time.sleep(0.3)
    raise StackFault(f"the stack is not up after {UP_SECONDS:.0f} s; see {log}")


def serve(places: Places, order: Order, console: Console) -> int:
    """Own a stack until SIGTERM: what dies is started again."""
    owner = Owner(places, order, "up", console.out)
    try:
        state = owner.start()
        api = AirflowApi(state.address, owner.secrets.admin_password)
        with contextlib.closing(api):
            prepare(api, console, fresh=False, check=owner.check)
            for dag_id in upkeep(places, state.dns):
                await_dag(api, dag_id, owner.check)
                api.set_paused(dag_id, False)
            console.out("ready")
            keeper = Keeper(owner, api, console.out)
            while True:
                time.sleep(1.0)
                keeper.tend()
    finally:
        owner.stop()


def upkeep(places: Places, dns: str) -> list[str]:
    """The DAGs beside the scan that a stack with a schedule lets run.

    Where the practice internet is asked, there is no way to a list either.
    """
    wanted = ["drop_old_runs"] if dns == "lab" else ["drop_old_runs", "update_sites"]
    return [dag_id for dag_id in wanted if (places.dags / f"{dag_id}.py").exists()]


def down(places: Places, console: Console) -> int:
    """End whatever runs in this checkout."""
    state = read_state(places)
    if state is None:
        left = processes.stop_members(places.members, grace=5.0)
        console.out(f"ended {left} left-over processes" if left else "nothing runs here")
        return 0
    owners = {pid for pid in processes.members(places.lock) if pid != os.getpid()}
    processes.send(owners, signal.SIGTERM)
    if late := processes.wait_gone(owners, DOWN_SECONDS):
        processes.send(late, signal.SIGKILL)
    processes.stop_members(places.members, grace=5.0)
    places.state.unlink(missing_ok=True)
    console.out("stopped")
    return 0


def status(places: Places, console: Console) -> int:
    """Say what runs; exit status 0 when a stack is up, 3 when not."""
    state = read_state(places)
    if state is None:
        console.out("nothing runs here; `make run` or `make up`")
        return 3
    if not state.ready:
        console.out(f"a stack ({state.kind}) is starting, pid {state.pid}")
        return 0
    _say_health(places, state, console)
    return 0


def _say_health(places: Places, state: State, console: Console) -> None:
    password = private.load(places.secrets).admin_password
    with contextlib.closing(AirflowApi(state.address, password)) as api:
        health = api.health()
    console.out(f"stack     make {state.kind}, pid {state.pid}")
    console.out(f"Airflow   {state.address}  user admin, "
                f"password: cat {shlex.quote(str(places.secrets / 'admin_password'))}")  # fmt: skip
    console.out("health    " + ", ".join(f"{name} {said}" for name, said in health.items()))
    console.out(f"DNS       {state.dns} {' '.join(state.resolvers)}")
    console.out(f"database  {Cluster(places.postgres).psql_command('dnstats', READER)}")
    console.out(f"logs      {places.logs}, tasks: {places.airflow_home / 'logs'}")
