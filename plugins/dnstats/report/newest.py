"""Which report `latest` leads to: the newest full one, and not a small one of the same day.

Full is what the schedule began, and whatever has nearly as many sites as the newest of those: a
look at a hundred sites by hand is not what readers of `latest` come for. Where the schedule has
published nothing for a week, as where runs are made by hand only, every report is full. Of several
of one day the largest leads, of equals the newest: the run that a backfill takes for its day, too.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import NamedTuple

from dnstats.report import publishing
from dnstats.report.manifest import FILE as MANIFEST

BY_THE_SCHEDULE = ("scheduled__", "asset_triggered__")
"""How Airflow names the runs that nobody triggers."""

NEARLY = 0.9
"""The share of its sites that another must have: lists differ a little from day to day."""

WEEK = dt.timedelta(days=7)
"""Older reports than that, seen from the newest, have no say."""


class Published(NamedTuple):
    """What has to be known of a report. Sites: 0 where it does not say."""

    home: str
    sites: int
    is_daily: bool
    is_practice: bool

    @property
    def day(self) -> dt.date:
        """The day that its answers are of."""
        return dt.date.fromisoformat(self.home[:10])

    @property
    def run(self) -> int:
        """The number of its run."""
        return int(self.home.rpartition("-")[2])


def newest_home(folder: Path) -> str | None:
    """Where the report stands that `latest` leads to, below `folder`; None: there is none."""
    homes = publishing.published_homes(folder)
    if not homes:
        return None
    begin = dt.date.fromisoformat(homes[0][:10]) - WEEK
    found = [_read(folder, home) for home in homes if home[:10] > begin.isoformat()]
    found = [one for one in found if not one.is_practice] or found
    wanted = NEARLY * next((one.sites for one in found if one.is_daily), 0)
    full = [one for one in found if one.is_daily or one.sites >= wanted]
    of_the_day = (one for one in full if one.day == full[0].day)
    return max(of_the_day, key=lambda one: (one.sites, one.run)).home


def newest_page(folder: Path) -> str | None:
    """The path of that report's page, below `folder`."""
    home = newest_home(folder)
    return home and f"{home}/{publishing.PAGE}"


def point_to_latest(folder: Path) -> None:
    """`latest` and `latest.html` lead to it, whichever was written last."""
    home = newest_home(folder)
    assert home is not None, "one was just written"
    publishing.point(folder / "latest", home)
    address = f"{home}/{publishing.PAGE}"
    publishing.replace_text(
        folder / "latest.html",
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>DNStats</title>\n'
        f'<meta http-equiv="refresh" content="0; url={address}"></head>\n'
        f'<body><p><a href="{address}">The newest report: {home[:10]}</a></p></body></html>\n',
    )


def _read(folder: Path, home: str) -> Published:
    try:
        manifest = json.loads((folder / home / MANIFEST).read_text("utf-8"))
        return Published(
            home,
            int(manifest["sites"]["in_the_list"]),
            str(manifest["name"]).startswith(BY_THE_SCHEDULE),
            manifest["dns"] == "lab",
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Published(home, 0, is_daily=False, is_practice=False)  # of a version without one
