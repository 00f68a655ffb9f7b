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
from dnstats.lists.standing import standing_list


class ImportedList(msgspec.Struct, frozen=True):
    """A list as it stands in the database."""

    id: int
    name: str
    source: str
    sites: int
    last_rank: int
    junk: dict[str, dict[str, object]]


class ListFile(msgspec.Struct, frozen=True):
    """A list as it came: its bytes, and the path or URL that they came from."""

    source: str
    data: bytes


def fetch_file(source: str) -> ListFile:
    """The file at `source`; `BadList` when it cannot be had.

    A download takes up to minutes. Before a transaction, never in one: an open one keeps the
    database from tidying up, and loses its connection where idle ones are ended.
    """
    return ListFile(source, fetch_list(source))


def import_list(
    connection: sa.Connection, file: ListFile, opted_out: frozenset[str] = frozenset()
) -> ImportedList:
    """Import the list in the caller's transaction.

    `BadList` when it cannot be used. A list with the same bytes is not imported again.
    """
    hold_lists(connection)
    known = find_list(connection, sha256(file.data))
    if known is not None:
        return known
    read = read_bytes(file.data, file.source, opted_out)
    return store_list(connection, file.source, file.data, read)


def read_bytes(data: bytes, source: str, opted_out: frozenset[str]) -> ReadList:
    """The rows of a list file; `BadList` names the source."""
    try:
        return read_list(unpack_lines(data, source), opted_out)
    except BadList as fault:
        text = str(fault)
        raise BadList(text if source in text else f"{source}: {text}") from None


def hold_lists(connection: sa.Connection) -> None:
    """Until the transaction ends, nobody else brings in or drops a list."""
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(733401)"))


def find_list(connection: sa.Connection, digest: str) -> ImportedList | None:
    """The list of this SHA-256 when its ranks stand."""
    list_id = connection.scalar(
        sa.select(SiteList.id).where(SiteList.sha256 == digest, SiteList.ranks_dropped_at.is_(None))
    )
    return None if list_id is None else load_list(connection, list_id)


def newest_list(connection: sa.Connection) -> ImportedList | None:
    """The list that runs use when they name none: the newest that update_sites took."""
    standing = standing_list(connection)
    return None if standing is None else load_list(connection, standing.id)


def load_list(connection: sa.Connection, list_id: int) -> ImportedList:
    """A list by its id. `last_rank` is 0 when its ranks were dropped."""
    row = connection.execute(
        sa.select(SiteList.id, SiteList.name, SiteList.source, SiteList.sites, SiteList.junk).where(
            SiteList.id == list_id
        )
    ).one()
    last_rank = connection.scalar(
        sa.select(sa.func.max(SiteRank.rank)).where(SiteRank.site_list_id == list_id)
    )
    return ImportedList(row.id, row.name, row.source, row.sites, last_rank or 0, row.junk)


def store_list(
    connection: sa.Connection,
    source: str,
    data: bytes,
    read: ReadList,
    published_id: str = "",
) -> ImportedList:
    """Write a list that has been read; one whose ranks were dropped gets them back.

    The caller holds the lists.
    """
    digest = sha256(data)
    values = {
        "source": source,
        "sites": len(read.entries),
        "junk": msgspec.to_builtins(read.junk),
        "published_id": published_id or None,
        "ranks_dropped_at": None,
    }
    list_id = connection.scalar(sa.select(SiteList.id).where(SiteList.sha256 == digest))
    if list_id is None:
        name = _free_name(connection, source, digest, published_id)
        list_id = connection.scalar(
            sa.insert(SiteList).values(name=name, sha256=digest, **values).returning(SiteList.id)
        )
        assert list_id is not None
    else:
        connection.execute(sa.update(SiteList).where(SiteList.id == list_id).values(**values))
    make_list_partition(connection, list_id)
    _write_ranks(connection, list_id, read)
    analyze_list_partition(connection, list_id)
    return load_list(connection, list_id)


def _free_name(connection: sa.Connection, source: str, digest: str, published_id: str) -> str:
    """The publisher's own id; where it gave none, or one id twice, the start of the digest."""
    part = f"@{digest[:12]}"
    if not published_id:
        return f"{PurePosixPath(source).name or 'list'}{part}"
    name = f"tranco-{published_id}"
    is_taken = connection.scalar(sa.select(SiteList.id).where(SiteList.name == name))
    return f"{name}{part}" if is_taken else name


def _write_ranks(connection: sa.Connection, list_id: int, read: ReadList) -> None:
    connection.execute(
        sa.text("CREATE TEMPORARY TABLE incoming (rank integer, domain text) ON COMMIT DROP")
    )
    incoming = sa.Table(
        "incoming", sa.MetaData(), sa.Column("rank", sa.Integer), sa.Column("domain", sa.Text)
    )
    copy_rows(connection, incoming, ("rank", "domain"), read.entries)
    # The planner knows nothing of a temporary table, and would join a million rows one by one.
    connection.execute(sa.text("ANALYZE incoming"))
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
            sa.select(sa.literal(list_id), incoming.c.rank, SiteName.id)
            .join(SiteName, SiteName.domain == incoming.c.domain)
            .order_by(incoming.c.rank),
        )
    )
    connection.execute(sa.text("DROP TABLE incoming"))
