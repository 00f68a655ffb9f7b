"""Processes that cannot be lost: found by what they hold, ended with all their forks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from dnstats.stack import processes

FORKING = """
import os, signal, sys, time
for _ in range(2):
    if os.fork() == 0:
        os.setsid()                                 # leaves its group
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # and does not listen
        time.sleep(60)
print("ready", flush=True)
time.sleep(60)
"""


def spawn(tmp_path: Path, code: str, **how: object) -> subprocess.Popen[bytes]:
    (tmp_path / "members").touch()
    return processes.spawn(
        [sys.executable, "-c", code],
        env=os.environ,
        log=tmp_path / "log",
        cwd=tmp_path,
        member_file=tmp_path / "members",
        **how,  # type: ignore[arg-type]
    )


def await_line(path: Path, line: str) -> None:
    for _ in range(200):
        if path.exists() and line in path.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"{line!r} never came")


def test_forks_that_left_the_group_and_ignore_sigterm_are_ended_too(tmp_path: Path) -> None:
    process = spawn(tmp_path, FORKING)
    await_line(tmp_path / "log", "ready")
    found = processes.members(tmp_path / "members")
    assert process.pid in found
    assert len(found) == 3
    assert processes.stop_members(tmp_path / "members", grace=0.3) == 3
    assert processes.members(tmp_path / "members") == set()
    process.wait()


def test_a_stranger_with_another_file_open_is_not_a_member(tmp_path: Path) -> None:
    (tmp_path / "members").touch()
    (tmp_path / "other").touch()
    with (tmp_path / "other").open() as other:
        stranger = subprocess.Popen(["sleep", "30"], pass_fds=[other.fileno()])
        try:
            assert processes.members(tmp_path / "members") == set()
        finally:
            stranger.kill()
            stranger.wait()


def test_kill_9_of_the_starter_ends_what_it_started(tmp_path: Path) -> None:
    code = f"""
import os, sys, time
from pathlib import Path
from dnstats.stack import processes
here = Path({str(tmp_path)!r})
(here / "members").touch()
child = processes.spawn(["sleep", "60"], env=os.environ, log=here / "log", cwd=here,
                        member_file=here / "members")
print(child.pid, flush=True)
time.sleep(60)
"""
    starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    child = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    assert processes.wait_gone([child], 5) == set()


def test_a_zombie_is_not_alive(tmp_path: Path) -> None:
    process = subprocess.Popen(["true"])
    assert processes.wait_gone([process.pid], 5) == set()
    process.wait()


def test_the_polite_signal_comes_first(tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('asked', flush=True), sys.exit(0)))\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    process = spawn(tmp_path, code, parent_death=signal.SIGKILL)
    await_line(tmp_path / "log", "ready")
    processes.stop_all([process.pid], grace=5)
    assert process.wait() == 0
    assert "asked" in (tmp_path / "log").read_text()
