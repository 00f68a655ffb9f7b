"""Puts a list into the database, once: the same file again is the same list."""

from __future__ import annotations

from pathlib import PurePosixPath

import msgspec
import sqlalchemy as sa

from dnstats.db.bulk import copy_rows
from dnstats.db.models import SiteList, SiteName, SiteRank
from dnstats.db.partitions import analyze_list_partition, make_list_partition
from dnstats.lists.fetching import fetch_list, sha256, unpack_lines
from dnstats.lists.reading import BadList, ReadList, read_list


class ImportedList(msgspec.Struct, frozen=True):
    """A list as it stands in the database."""

    id: int
    name: str
    source: str
    sites: int
    last_rank: int
    junk: dict[str, dict[str, object]]


def import_list(connection: sa.Connection, source: str) -> ImportedList:
    """Import the list at `source` (path or URL) in the caller's transaction.

    `BadList` when it cannot be used. A list with the same bytes is not imported again.
    """
    data = fetch_list(source)
    digest = sha256(data)
    name = f"{PurePosixPath(source).name or 'list'}@{digest[:12]}"
    # Two runs that start at once must not import the same list side by side.
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(733401)"))
    known = _find(connection, name)
    if known is None:
        try:
            read = read_list(unpack_lines(data, source))
        except BadList as fault:
            raise BadList(f"{source}: {fault}") from None
        _insert(connection, name, source, digest, read)
        known = _find(connection, name)
    assert known is not None
    return known


def _find(connection: sa.Connection, name: str) -> ImportedList | None:
    row = connection.execute(
        sa.select(SiteList.id, SiteList.name, SiteList.source, SiteList.sites, SiteList.junk).where(
            SiteList.name == name
        )
    ).one_or_none()
    if row is None:
        return None
    last_rank = connection.scalar(
        sa.select(sa.func.max(SiteRank.rank)).where(SiteRank.site_list_id == row.id)
    )
    return ImportedList(row.id, row.name, row.source, row.sites, last_rank or 0, row.junk)


def _insert(connection: sa.Connection, name: str, source: str, digest: str, read: ReadList) -> None:
    list_id = connection.scalar(
        sa.insert(SiteList)
        .values(
            name=name,
            source=source,
            sha256=digest,
            sites=len(read.entries),
            junk=msgspec.to_builtins(read.junk),
        )
        .returning(SiteList.id)
    )
    assert list_id is not None
    make_list_partition(connection, list_id)
    connection.execute(
        sa.text("CREATE TEMPORARY TABLE incoming (rank integer, domain text) ON COMMIT DROP")
    )
    incoming = sa.Table(
        "incoming", sa.MetaData(), sa.Column("rank", sa.Integer), sa.Column("domain", sa.Text)
    )
    copy_rows(connection, incoming, ("rank", "domain"), read.entries)
    connection.execute(
        sa.insert(SiteName.__table__).from_select(  # type: ignore[arg-type]
            ["domain"],
            sa.select(incoming.c.domain).where(
                ~sa.exists().where(SiteName.domain == incoming.c.domain)
            ),
        )
    )
    connection.execute(
        sa.insert(SiteRank).from_select(
            ["site_list_id", "rank", "site_id"],
            sa.select(sa.literal(list_id), incoming.c.rank, SiteName.id).join(
                SiteName, SiteName.domain == incoming.c.domain
            ),
        )
    )
    connection.execute(sa.text("DROP TABLE incoming"))
    analyze_list_partition(connection, list_id)
