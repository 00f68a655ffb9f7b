"""Which code this is: what a researcher needs to run the same again."""

from __future__ import annotations

import functools
import hashlib
import re
from pathlib import Path

from dnstats.settings import ROOT

_PARTS = ("plugins/dnstats/**/*.py", "include/**/*.sql", "include/**/*.csv", "include/**/*.dat")
_COMMIT = re.compile(r"[0-9a-f]{40,64}")


@functools.cache
def code_version() -> dict[str, str]:
    """`sha256` of all files that make results, by name and content; `commit`, "" without git."""
    digest = hashlib.sha256()
    for path in sorted({path for part in _PARTS for path in ROOT.glob(part)}):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode() + content)
    return {"sha256": digest.hexdigest(), "commit": _commit(ROOT)}


def _commit(root: Path) -> str:
    """The commit that is checked out; uncommitted changes are seen in the `sha256` only."""
    try:
        home = root / ".git"
        if home.is_file():  # a worktree's
            home = Path(home.read_text("utf-8").partition("gitdir:")[2].strip())
        head = (home / "HEAD").read_text("utf-8").strip()
        reference = head.partition("ref:")[2].strip()
        if reference:
            head = _reference(home, reference)
    except (OSError, ValueError):
        return ""
    return head if _COMMIT.fullmatch(head) else ""


def _reference(home: Path, name: str) -> str:
    shared = home / "commondir"
    common = home / shared.read_text("utf-8").strip() if shared.exists() else home
    loose = common / name
    if loose.exists():
        return loose.read_text("utf-8").strip()
    packed = (common / "packed-refs").read_text("utf-8").splitlines()
    return next((line.partition(" ")[0] for line in packed if line.endswith(f" {name}")), "")
