"""Runs a client as a process of its own and asks the kernel what it cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

SCRIPT = str(Path(__file__).resolve().parent / "scan_clients.py")


class Run(NamedTuple):
    """One run of a client; `said` is what it printed on both channels."""

    cpu: float  # seconds, user and system
    wall: float
    said: str

    @property
    def report(self) -> dict[str, Any]:
        """What one of our own clients printed."""
        found: dict[str, Any] = json.loads(self.said.splitlines()[-1])
        return found


class Failed(RuntimeError):
    """A client ended with an error; the message says which and how."""


def run(command: Sequence[str]) -> Run:
    """Run a program to its end; `Failed` when it fails."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    with process.stdout as out:
        said = out.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failed(f"{' '.join(command[:3])} ended with {process.returncode}: {said[-500:]}")
    return Run(usage.ru_utime + usage.ru_stime, time.monotonic() - start, said)


def client(name: str, python: str = sys.executable, **arguments: Any) -> list[str]:
    """The command that runs one of `scan_clients`."""
    return [python, SCRIPT, name, json.dumps(arguments)]
