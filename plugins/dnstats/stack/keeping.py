"""Keeps a stack of `make up` alive: what died is started again, and what hangs is, too.

A scheduler whose database went away leaves its loop and then waits for ever for its own workers
(3.3.2): the process lives, and nothing is scheduled. Only Airflow's health page tells.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable

from dnstats.stack import processes
from dnstats.stack.airflow_api import AirflowApi, Refused, Unreachable
from dnstats.stack.fault import StackFault
from dnstats.stack.owner import Owner

RESTART_SECONDS = 5.0
LOOK_SECONDS = 10.0
# Airflow calls a component unhealthy 30 s after its last sign of life; a busy machine misses some.
HANGING_SECONDS = 45.0
COMPONENTS = {
    "scheduler": "scheduler", "triggerer": "triggerer", "dag_processor": "dag-processor",
}  # fmt: skip


class Keeper:
    """Looks after one owner's programs; call `tend` about once a second."""

    def __init__(self, owner: Owner, api: AirflowApi, say: Callable[[str], None]) -> None:
        self._owner, self._api, self._say = owner, api, say
        self._unhealthy: dict[str, float] = {}
        self._next_look = time.monotonic() + LOOK_SECONDS

    def tend(self) -> None:
        """Start again what has ended or hangs; StackFault when it cannot be."""
        for name, exit_status in self._owner.dead().items():
            if name == "lab":
                raise StackFault(f"the practice internet ended (status {exit_status})")
            self._say(f"{name} ended (status {exit_status}); starting it again")
            time.sleep(RESTART_SECONDS)
            if name == "postgres":
                self._owner.cluster.stop()
                self._owner.cluster.start()
            else:
                self._owner.launch(name)
                self._unhealthy.pop(name, None)
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_SECONDS
            self._end_hanging()
            self._end_strays()

    def _end_hanging(self) -> None:
        health: dict[str, str | None] = {}
        with contextlib.suppress(Unreachable, Refused):
            health = self._api.health()
        if health.get("metadatabase") != "healthy":
            return  # nobody can give a sign of life
        now = time.monotonic()
        for said, component in COMPONENTS.items():
            if health.get(said) == "healthy":
                self._unhealthy.pop(component, None)
            elif now - self._unhealthy.setdefault(component, now) > HANGING_SECONDS:
                self._say(f"{component} gives no sign of life; ending it")
                self._owner.components[component].kill()
                self._owner.components[component].wait()

    def _end_strays(self) -> None:
        """End the idle workers that a killed scheduler left; those with a task may finish it."""
        members = processes.members(self._owner.places.members)
        parents = {pid: processes.parent(pid) for pid in members}
        roots = {process.pid for process in self._owner.components.values()}
        strays = {
            pid
            for pid, parent in parents.items()
            if parent not in members
            and parent != self._owner.pid
            and pid not in roots
            and pid not in parents.values()
        }
        processes.send(strays, signal.SIGKILL)
