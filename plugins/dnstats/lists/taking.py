"""Takes the newest list, if it is fit to be taken; else the one before stands as it stood."""

from __future__ import annotations

import datetime as dt
import math

import msgspec
import sqlalchemy as sa

from dnstats.db.models import SiteList
from dnstats.lists.changes import Changes, compare_lists
from dnstats.lists.fetching import Fetched, Version, fetch_newer, published_id, sha256
from dnstats.lists.importing import (
    ImportedList,
    find_list,
    hold_lists,
    newest_list,
    read_bytes,
    store_list,
)
from dnstats.lists.reading import BadList, ReadList

SHRINKS_TO = 0.9
"""The share of the last list's sites that the next must have: a shorter one was cut off."""


class Taken(msgspec.Struct, frozen=True):
    """The list that stands after an update that went well."""

    sites: ImportedList
    is_new: bool
    changes: Changes | None = None


def take_list(
    database: sa.Engine,
    source: str,
    *,
    opted_out: frozenset[str],
    at_least: int,
    even_if_short: bool = False,
    now: dt.datetime,
) -> Taken:
    """Bring in the list at `source`; `BadList` says why not, and then nothing is changed.

    It must have `at_least` so many sites and nine tenths of the list before, unless
    `even_if_short`: then the operator's `at_least` alone holds.
    """
    with database.connect() as connection:
        before = newest_list(connection)
        known = _known_version(connection, before, source)
    named = published_id(source)
    fetched = fetch_newer(source, known)
    if fetched is None:
        assert before is not None
        return Taken(before, is_new=False)
    if named != published_id(source):
        named = ""  # a newer list came out meanwhile: whose bytes these are, nobody can tell
    read = read_bytes(fetched.data, source, opted_out)
    _check_size(read, source, at_least, None if even_if_short else before)
    with database.begin() as connection:
        hold_lists(connection)
        before = newest_list(connection)
        sites = find_list(connection, sha256(fetched.data)) or store_list(
            connection, source, fetched.data, read, named
        )
        is_new = before is None or before.id != sites.id
        changes = None
        if is_new and before is not None:
            changes = compare_lists(connection, (before.id, before.name), sites.id)
        _mark_taken(connection, sites.id, source, fetched, changes, now if is_new else None)
    return Taken(sites, is_new, changes)


def _known_version(connection: sa.Connection, before: ImportedList | None, source: str) -> Version:
    if before is None or before.source != source:
        return Version()
    etag, last_modified = connection.execute(
        sa.select(SiteList.etag, SiteList.last_modified).where(SiteList.id == before.id)
    ).one()
    return Version(etag or "", last_modified or "")


def _check_size(read: ReadList, source: str, at_least: int, before: ImportedList | None) -> None:
    wanted, why = at_least, "as set"
    if before is not None and math.ceil(SHRINKS_TO * before.sites) > wanted:
        wanted = math.ceil(SHRINKS_TO * before.sites)
        why = f"nine tenths of {before.name}"
    count = len(read.entries)
    if count < wanted:
        junk = sum(one.rows for one in read.junk.values())
        left_out = f" ({junk:,} rows cannot be used)" if junk else ""
        raise BadList(
            f"{source} holds {count:,} sites{left_out} and at least {wanted:,} are wanted ({why}): "
            "if it is meant to be so short, trigger update_sites with at_least"
        )


def _mark_taken(
    connection: sa.Connection,
    list_id: int,
    source: str,
    fetched: Fetched,
    changes: Changes | None,
    now: dt.datetime | None,
) -> None:
    values: dict[str, object] = {
        "source": source,
        "etag": fetched.version.etag or None,
        "last_modified": fetched.version.last_modified or None,
    }
    if now is not None:
        values |= {"taken_at": now, "changes": msgspec.to_builtins(changes)}
    connection.execute(sa.update(SiteList).where(SiteList.id == list_id).values(**values))
