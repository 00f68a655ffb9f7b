"""The one exception the stack shows to its user: a sentence, no traceback."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

LITTLE = 200_000_000  # bytes; a new database alone is a quarter of it


class StackFault(Exception):
    """What is wrong and what to do, in one sentence for the person at the terminal."""


def sentence_of(fault: OSError) -> str:
    """The same of a file or folder that cannot be used."""
    place = f" ({fault.filename})" if fault.filename else ""
    return f"{fault.strerror or fault}{place}: {_cure(fault)}"


def _cure(fault: OSError) -> str:
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return "make room there, or name another folder in DNSTATS_VAR; the same make again goes on"
    if isinstance(fault, PermissionError) or fault.errno == errno.EROFS:
        return (
            "it must be yours and writable; perhaps another user (root?) ran make here before. "
            "Give it to yourself, or name another folder in DNSTATS_VAR"
        )
    return "mend that, then the same make again"


def room_left(folder: Path) -> str:
    """A clause for the end of a sentence where hardly any room is left; else nothing."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return ""
    if free > LITTLE:
        return ""
    return f"; only {free // 1_000_000:,} MB are free in {folder}: make room, then the same again"
