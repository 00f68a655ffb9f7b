"""Where reports stand, and how one is put there: whole or not at all, whenever a reader looks.

index.html                      every report that stands here
latest -> 2026-11-25/run-12     the newest full one (`newest`); latest.html leads there too
2026-11-25/run-12 -> .run-12-x  a report; written again it is another folder, and one link moves
"""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePath

PAGE = "index.html"
LOOK_UP = "site.html"
_HOME = re.compile(r"\d{4}-\d\d-\d\d/run-(\d+)")


def report_home(day: dt.date, run_id: int) -> str:
    """Where a run's report stands, below the folder of the reports."""
    return f"{day.isoformat()}/run-{run_id}"


def why_none(state: str, ended_at: dt.datetime | None) -> str:
    """Why there is no report of a run whose row says this."""
    if state == "interrupted":
        when = f" at {ended_at.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC" if ended_at else ""
        return f"it was interrupted{when}, before it was counted"
    said = {"running": "it is under way", "short": "it measured too little"}
    return said.get(state, "it is done, and publish_report has not written it")


def publish(folder: Path, home: str, write: Callable[[Path], None]) -> Path:
    """Have `write` fill a new folder and put it in the place of `home`; returns its page.

    When it fails, what stood there stands; what a killed publisher left is removed.
    """
    place = folder / home
    place.parent.mkdir(parents=True, exist_ok=True)
    current = place.resolve() if place.is_symlink() else None
    for left in place.parent.glob(f".{place.name}-*"):
        if left.resolve() != current:
            shutil.rmtree(left, ignore_errors=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    try:
        draft.chmod(0o755)
        write(draft)
        if current is None and place.exists():
            # Of a version that wrote no links: for a moment nothing stands here.
            current = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
            place.rename(current / "old")
        point(place, draft.name)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    if current is not None:
        shutil.rmtree(current, ignore_errors=True)
    return place / PAGE


def point(link: Path, target: str) -> None:
    """Make a symbolic link, over an older one, in one move."""
    with tempfile.TemporaryDirectory(prefix=f".{link.name}-", dir=link.parent) as scratch:
        fresh = Path(scratch) / "link"
        # Relative to where it will stand, so that the whole folder can be moved or copied.
        fresh.symlink_to(target)
        os.replace(fresh, link)


def replace_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(0o644)
    os.replace(name, path)


def published_homes(folder: Path) -> list[str]:
    """Every report, the newest run of the newest day first."""
    found = []
    for page in folder.glob(f"*/run-*/{PAGE}"):
        home = page.parent.relative_to(folder).as_posix()
        match = _HOME.fullmatch(home)
        if match and _is_day(home[:10]):
            found.append((page.parent.parent.name, int(match[1]), home))
    return [home for _, _, home in sorted(found, reverse=True)]


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def find_file(folder: Path, path: str) -> Path | None:
    """A published file by its path below `folder`; None when there is none, or it is elsewhere."""
    if any(part.startswith(".") for part in PurePath(path).parts):
        return None  # drafts, and the folders behind the links
    root = folder.resolve()
    try:
        found = (root / path).resolve()
        return found if found.is_relative_to(root) and found.is_file() else None
    except (OSError, ValueError):  # a name too long, a NUL in it
        return None
