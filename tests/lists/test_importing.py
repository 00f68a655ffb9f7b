"""Importing: ranks per list, the same file once, sites shared between lists."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from dnstats.db.models import SiteList, SiteName, SiteRank
from dnstats.lists.importing import fetch_file, import_list
from dnstats.lists.reading import BadList


def _ranks(database: sa.Connection, list_id: int) -> list[tuple[int, str]]:
    query = (
        sa.select(SiteRank.rank, SiteName.domain)
        .join(SiteName, SiteName.id == SiteRank.site_id)
        .where(SiteRank.site_list_id == list_id)
        .order_by(SiteRank.rank)
    )
    return [(rank, domain) for rank, domain in database.execute(query)]


def test_ranks_are_kept_per_list_and_sites_once(database: sa.Connection, tmp_path: Path) -> None:
    (tmp_path / "monday.csv").write_text("1,a.example\n2,b.example\n")
    (tmp_path / "tuesday.csv").write_text("1,b.example\n7,c.example\nx,junk\n")
    monday = import_list(database, fetch_file(str(tmp_path / "monday.csv")))
    tuesday = import_list(database, fetch_file(str(tmp_path / "tuesday.csv")))
    assert _ranks(database, monday.id) == [(1, "a.example"), (2, "b.example")]
    assert _ranks(database, tuesday.id) == [(1, "b.example"), (7, "c.example")]
    assert (tuesday.sites, tuesday.last_rank) == (2, 7)
    assert tuesday.junk["the rank is not a whole number"]["rows"] == 1
    assert database.scalar(sa.select(sa.func.count()).select_from(SiteName)) == 3


def test_the_same_bytes_are_the_same_list(database: sa.Connection, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,a.example\n")
    first = import_list(database, fetch_file(str(tmp_path / "a.csv")))
    assert import_list(database, fetch_file(str(tmp_path / "a.csv"))) == first
    assert database.scalar(sa.select(sa.func.count()).select_from(SiteList)) == 1


def test_a_list_without_a_usable_row_leaves_nothing(
    database: sa.Connection, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("<html>\n")
    with pytest.raises(BadList, match="HTML"):
        import_list(database, fetch_file(str(tmp_path / "a.csv")))
    assert database.scalar(sa.select(sa.func.count()).select_from(SiteList)) == 0
