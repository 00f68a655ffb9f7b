"""One site out of a published report, for where the report's own script may not run.

The same look-up as site.js, in the files of `sites/`; Airflow's UI serves it.
"""

from __future__ import annotations

import contextlib
import gzip
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from dnstats.report.manifest import FILE as MANIFEST
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
    above = _above(home, wanted) if wanted and not site else None
    return render(
        "one_site.html.j2",
        domain=wanted,
        site=site,
        above=above,
        is_practice=_is_practice(home),
        rules=rules,
        action=action,
        state=_STATES.get(site["status"], "measured") if site else "",
        day=home.parent.name,
    )


def clean(text: str) -> str:
    """A domain as somebody types or pastes it: an address of the web or of mail, any script."""
    name = text.strip().lower()
    name = name.partition("://")[2] or name
    for end in "/?#":
        name = name.partition(end)[0]
    name = name.rpartition("@")[2].removesuffix(".")
    host, colon, port = name.rpartition(":")
    if colon and (not port or port.isdecimal()):
        name = host
    if not name.isascii():
        with contextlib.suppress(UnicodeError):  # as no site list has it
            name = name.encode("idna").decode("ascii")
    return name[:MAX_DOMAIN]


def _above(home: Path, domain: str) -> str | None:
    """The nearest name above a domain that the run has, not a single label; None without one."""
    labels = domain.split(".")
    for first in range(1, len(labels) - 1):
        name = ".".join(labels[first:])
        if find_site(home, name):
            return name
    return None


def _is_practice(home: Path) -> bool:
    """Whether the report says that no real DNS was asked."""
    try:
        return bool(_read(home / MANIFEST).get("dns") == "lab")
    except (LookupError, AttributeError, msgspec.DecodeError):
        return False  # of a version without one


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
