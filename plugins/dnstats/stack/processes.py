"""Starting programs so that they cannot outlive us unseen, finding them, stopping them.

Three nets: each program is its own session and gets a signal when its starter dies (PDEATHSIG);
each inherits an open file, the member file, which its forks inherit too and by which `members`
finds every one of them in /proc, whatever they renamed themselves to; and `stop_all` asks, waits,
then kills. Linux only, as is everything here that reads /proc.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)  # loaded before any fork: nothing is allocated after it


def die_with_parent(sig: int) -> Callable[[], None]:
    """A preexec_fn: the kernel sends `sig` to the new process when its starter is gone."""
    parent = os.getpid()

    def arrange() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, sig)
        if os.getppid() != parent:  # gone already, between fork and prctl
            os._exit(1)

    return arrange


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path,
    cwd: Path,
    member_file: Path | None = None,
    parent_death: int = signal.SIGTERM,
    **how: Any,
) -> subprocess.Popen[bytes]:
    """Start argv in a session of its own, output appended to `log`, tied to our life.

    Call it from the main thread: PDEATHSIG means the death of the starting thread.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as opened:
        output = opened.enter_context(log.open("ab"))
        kept: tuple[int, ...] = ()
        if member_file is not None:
            kept = (opened.enter_context(member_file.open("ab")).fileno(),)
        return subprocess.Popen(
            list(argv),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=kept,
            preexec_fn=die_with_parent(parent_death),
            **how,
        )


def members(member_file: Path) -> set[int]:
    """Every live process (but this one) that has the member file open: ours, and their forks."""
    try:
        wanted = member_file.stat()
    except FileNotFoundError:
        return set()
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid() and _holds(entry, wanted):
            found.add(int(entry))
    return found


def _holds(pid: str, wanted: os.stat_result) -> bool:
    try:
        descriptors = os.listdir(f"/proc/{pid}/fd")
    except OSError:  # gone meanwhile, or another user's: then not ours
        return False
    for descriptor in descriptors:
        try:
            seen = os.stat(f"/proc/{pid}/fd/{descriptor}")
        except OSError:
            continue
        if (seen.st_ino, seen.st_dev) == (wanted.st_ino, wanted.st_dev):
            return True
    return False


def alive(pid: int) -> bool:
    """Whether pid runs; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except (OSError, IndexError):
        return False


def send(pids: Collection[int], sig: int) -> None:
    """Signal each; those that are gone meanwhile are no news."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, sig)


def wait_gone(pids: Collection[int], seconds: float) -> set[int]:
    """Wait until all are gone; returns those that still run after `seconds`."""
    deadline = time.monotonic() + seconds
    left = set(pids)
    while left:
        left = {pid for pid in left if alive(pid)}
        if not left or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return left


def stop_all(pids: Collection[int], *, grace: float, sig: int = signal.SIGTERM) -> None:
    """Ask, wait up to `grace` seconds, then kill what is left."""
    send(pids, sig)
    left = wait_gone(pids, grace)
    send(left, signal.SIGKILL)
    wait_gone(left, 5.0)


def stop_members(member_file: Path, *, grace: float) -> int:
    """Stop every member left, killing at last; returns how many there were."""
    first = members(member_file)
    if first:
        stop_all(first, grace=grace)
    for _ in range(10):  # forks made while we were looking
        late = members(member_file)
        if not late:
            break
        stop_all(late, grace=0.0)
    return len(first)


def parent(pid: int) -> int | None:
    """The parent of pid; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return int(stat.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None
