"""The practice internet for one check: started for the domains asked about, gone with the check."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from dnstats.settings import ROOT
from dnstats.stack import processes
from dnstats.stack.lab_process import Lab, await_ready, write_sites

STOP_SECONDS = 5.0


@contextlib.contextmanager
def practice(domains: Sequence[str], seed: int) -> Iterator[Lab]:
    """A practice internet in which all of `domains` have a place; StackFault when it cannot start.

    The kernel ends it when this process ends in any other way than by leaving the context.
    """
    with tempfile.TemporaryDirectory(prefix="dnstats-check-") as folder:
        sites, ready, log = (Path(folder) / name for name in ("sites.csv", "lab.json", "lab.log"))
        write_sites(sites, enumerate(domains, start=1))
        process = processes.spawn(
            [
                *(sys.executable, "-m", "dnstats.lab", "--port", "0", "--seed", str(seed)),
                *("--sites", str(sites), "--ready-file", str(ready), "--with-parent"),
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT / "plugins")},
            log=log,
            cwd=ROOT,
        )
        try:
            yield await_ready(process, ready, log)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
