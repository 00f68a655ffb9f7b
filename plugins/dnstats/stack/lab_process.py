"""The practice internet as a program of the stack: started for a list of sites, ready or not."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from dnstats.stack import processes
from dnstats.stack.fault import StackFault
from dnstats.stack.places import Places

READY_SECONDS = 60.0


class Lab(NamedTuple):
    """A lab that serves: its resolvers (`ip:port`) and the port of its name servers."""

    process: subprocess.Popen[bytes]
    resolvers: tuple[str, ...]
    direct_port: int


def write_sites(path: Path, entries: Iterable[tuple[int, str]]) -> None:
    """The plain `rank,domain` file that the lab reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{rank},{domain}\n" for rank, domain in entries))


def launch(
    places: Places, env: Mapping[str, str], sites: Path | None, seed: str
) -> tuple[subprocess.Popen[bytes], Path]:
    """Start it; returns the process and the file that says where it serves."""
    ready = places.var / "run" / "lab.json"
    ready.unlink(missing_ok=True)
    named = ["--sites", str(sites)] if sites else []
    process = processes.spawn(
        [
            *(sys.executable, "-m", "dnstats.lab", "--port", "0", "--seed", seed),
            *("--ready-file", str(ready), "--with-parent", *named),
        ],
        env=env,
        log=places.logs / "lab.log",
        cwd=places.root,
        member_file=places.members,
    )
    return process, ready


def await_ready(process: subprocess.Popen[bytes], ready: Path, log: Path) -> Lab:
    """Wait until it serves."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ready.exists():
            said = json.loads(ready.read_text())
            return Lab(process, tuple(said["resolvers"]), int(said["direct_port"]))
        time.sleep(0.05)
    raise StackFault(f"the practice internet did not start; {log} says why")
