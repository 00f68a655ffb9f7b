"""What of an old report is large: its lists and the look-up of single sites. They go with the rows.

The page, its figures and charts, and `sites.parquet`, which holds all that the lists list, stay for
ever. The page says what is gone.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from dnstats.report.manifest import FILE as MANIFEST
from dnstats.report.publishing import LOOK_UP, PAGE, replace_text

PARTS = ("lists", "sites", "sites.csv", "sites.csv.license", "changes.csv", "list_changes.csv")
GONE = (
    "The lists, the look-up of single sites and the changes of this report were kept until {day}. "
    "Its facts and grades of every site stand in sites.parquet."
)

_MAIN = re.compile(r"<main\b[^>]*>")
"""Of pages of any version: those of before have it without attributes."""


def bulk_bytes(home: Path) -> int:
    """How large that is; 0 when it is gone."""
    return sum(path.stat().st_size for path in _files(home))


def drop_bulk(home: Path, day: dt.date) -> int:
    """Remove it; returns its bytes. Killed anywhere and called again, the same is gone."""
    size = bulk_bytes(home)
    said = GONE.format(day=day.isoformat())
    page = (home / PAGE).read_text("utf-8")
    if said not in page:
        note = f'\\g<0>\n<p class="banner way" role="note">{said}</p>'
        replace_text(home / PAGE, _MAIN.sub(note, page, count=1))
    replace_text(
        home / LOOK_UP,
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>DNStats</title>'
        f'</head>\n<body><p>{said} <a href="{PAGE}">The report</a></p></body></html>\n',
    )
    _mark(home / MANIFEST, day)
    for name in PARTS:
        path = home / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return size


def _files(home: Path) -> Iterator[Path]:
    for name in PARTS:
        path = home / name
        yield from (one for one in path.rglob("*") if one.is_file()) if path.is_dir() else ()
        if path.is_file():
            yield path


def _mark(path: Path, day: dt.date) -> None:
    """The manifest says so too; a report of a version without one has none to be marked."""
    if path.exists():
        content = json.loads(path.read_text("utf-8")) | {"lists_dropped_on": day.isoformat()}
        replace_text(path, json.dumps(content, indent=1) + "\n")
