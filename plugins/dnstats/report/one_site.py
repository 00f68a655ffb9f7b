"""One site out of a published report, for where the report's own script may not run.

The same look-up as site.js, in the files of `sites/`; Airflow's UI serves it.
"""

from __future__ import annotations

import gzip
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from dnstats.report.page import render
from dnstats.report.site_shards import file_name

MAX_DOMAIN = 300
_STATES = {
    "nxdomain": "the domain does not exist",
    "not_measured": "nobody could tell whether it exists",
}


def site_page(home: Path, domain: str, action: str) -> str:
    """The page of a site of the report in `home`, or of none with only the form.

    `action`: the address that the form asks again. `LookupError` when no report stands there.
    """
    wanted = clean(domain)
    site = find_site(home, wanted) if wanted else None
    rules = _read(home / "sites" / "rules.json") if site else {}
    return render(
        "one_site.html.j2",
        domain=wanted,
        site=site,
        rules=rules,
        action=action,
        state=_STATES.get(site["status"], "measured") if site else "",
        day=home.parent.name,
    )


def clean(text: str) -> str:
    """A domain as somebody types or pastes it: without scheme, path and last dot."""
    name = text.strip().lower()
    name = name.partition("://")[2] or name
    for end in "/?#":
        name = name.partition(end)[0]
    return name.removesuffix(".")[:MAX_DOMAIN]


def find_site(home: Path, domain: str) -> Mapping[str, Any] | None:
    """What `sites/` says of a domain; None when the run has no such site."""
    first = _read(home / "sites" / "index.json")["first"]
    number = max(0, bisect_right(first, domain) - 1)
    if not first:
        return None
    sites = msgspec.json.decode(gzip.decompress(_bytes(home / "sites" / file_name(number))))
    return next((site for site in sites if site["domain"] == domain), None)


def _read(path: Path) -> Any:
    return msgspec.json.decode(_bytes(path))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise LookupError(f"there is no {path.name}") from None
