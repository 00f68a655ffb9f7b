"""Removes the archived answers of a run, and never anything else.

A path is taken only in the very form in which `archive.chunk_path` makes it, and in a local folder
only when no link leads it out of the archive.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from dnstats.archive import BadArchive

_CHUNK_PATH = re.compile(r"\d{4}/\d\d/\d\d/run-\d{6,18}/chunk-\d{5,9}\.parquet", re.ASCII)
_PARTIAL = re.compile(r"\.[0-9a-f]{32}\.partial", re.ASCII)


def chunk_bytes(archive: str, paths: Iterable[str]) -> int:
    """How many bytes these files have; 0 for those that are not there."""
    filesystem, root = _open(archive)
    total = 0
    for path in paths:
        try:
            total += int(filesystem.size(_target(filesystem, root, path)) or 0)
        except FileNotFoundError:
            continue
    return total


def remove_chunks(archive: str, paths: Iterable[str]) -> int:
    """Remove these files and the folders that are empty then; returns the bytes that were freed.

    What is gone already is no fault. `BadArchive` before anything is removed when a path is none
    of ours; `OSError` when a file cannot be removed.
    """
    filesystem, root = _open(archive)
    targets = [_target(filesystem, root, path) for path in paths]
    freed = 0
    for target in targets:
        try:
            size = int(filesystem.size(target) or 0)
            filesystem.rm_file(target)
        except FileNotFoundError:
            continue
        freed += size
    for folder in {target.rpartition("/")[0] for target in targets}:
        _tidy(filesystem, root, folder)
    return freed


def _open(archive: str) -> tuple[Any, str]:
    filesystem, root = fsspec.core.url_to_fs(archive)
    filesystem.invalidate_cache()
    return filesystem, root.rstrip("/")


def _target(filesystem: Any, root: str, path: str) -> str:
    if not _CHUNK_PATH.fullmatch(path):
        raise BadArchive(f"{path!r} is no path of an archived chunk: nothing is removed")
    target = f"{root}/{path}"
    if isinstance(filesystem, LocalFileSystem):
        inside = os.path.realpath(root)
        folder = os.path.realpath(os.path.dirname(target))
        if os.path.commonpath([inside, folder]) != inside:
            raise BadArchive(
                f"{path} leads out of the archive by a link, to {folder}: remove it by hand"
            )
    return target


def _tidy(filesystem: Any, root: str, folder: str) -> None:
    """What a killed writer left, then the folders up to the archive as far as they are empty."""
    try:
        for name in filesystem.ls(folder, detail=False):
            if _PARTIAL.fullmatch(name.rpartition("/")[2]):
                filesystem.rm_file(name)
        while folder.startswith(f"{root}/") and not filesystem.ls(folder, detail=False):
            filesystem.rmdir(folder)
            folder = folder.rpartition("/")[0]
    except OSError:
        return  # an object store has no folders; a folder with a stranger's file stays
