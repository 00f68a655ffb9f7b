"""The tables. Bulk tables are partitioned by run, so that an old run is dropped, not deleted.

A new record family or rule adds rows or JSON keys here, never a column.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Instant = DateTime(timezone=True)


class Base(DeclarativeBase):
    """Predictable constraint names, so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy's own way to say it)
        str: Text(),
        dt.datetime: Instant,
        dict[str, Any]: JSONB(),
        list[str]: ARRAY(Text()),
    }


class SiteList(Base):
    """A published list of sites as it was on one day."""

    __tablename__ = "site_lists"
    __table_args__ = ({"comment": "Published lists of sites, as imported"},)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(
        unique=True, comment="the list's own id, or its file name and the start of its SHA-256"
    )
    source: Mapped[str] = mapped_column(comment="file or URL it came from")
    sha256: Mapped[str] = mapped_column(comment="of the file as it came")
    sites: Mapped[int] = mapped_column(Integer, comment="rows that stand in site_ranks")
    junk: Mapped[dict[str, Any]] = mapped_column(
        comment="rows left out, counted by reason, with an example of each"
    )
    imported_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    published_id: Mapped[str | None] = mapped_column(
        comment="the id that its publisher gave it, such as Tranco's"
    )
    taken_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when update_sites took it; runs that name no list use the newest of these. "
        "NULL: a run brought its own"
    )
    etag: Mapped[str | None] = mapped_column(comment="what its server calls this version")
    last_modified: Mapped[str | None] = mapped_column(comment="its server's word, as it came")
    changes: Mapped[dict[str, Any] | None] = mapped_column(
        comment="against the list taken before: new, gone and moved sites, and the foremost of them"
    )
    ranks_dropped_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when its rows in site_ranks were dropped, because no kept run needs them"
    )


class ListUpdate(Base):
    """One try to bring in the newest list."""

    __tablename__ = "list_updates"
    __table_args__ = ({"comment": "Runs of update_sites: what became of each"},)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    dag_run_id: Mapped[str] = mapped_column(unique=True, comment="Airflow's name of the run")
    source: Mapped[str] = mapped_column(comment="URL or file that was asked")
    state: Mapped[str] = mapped_column(
        comment="running, taken, unchanged, refused (the old list stands), interrupted"
    )
    said: Mapped[str] = mapped_column(comment="one sentence on what happened")
    site_list_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("site_lists.id"), comment="the list taken, or found unchanged"
    )
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class SiteName(Base):
    """A domain that has stood in any list."""

    __tablename__ = "sites"
    __table_args__ = ({"comment": "Every domain that has stood in a site list"},)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    domain: Mapped[str] = mapped_column(
        unique=True, comment="lower case, ASCII (xn-- for IDNA), no trailing dot"
    )


class SiteRank(Base):
    """Which site had which rank in which list."""

    __tablename__ = "site_ranks"
    __table_args__ = (
        Index("ix_site_ranks_site_id", "site_id"),
        {
            "postgresql_partition_by": "LIST (site_list_id)",
            "comment": "Ranks of sites per list; partitioned by list",
        },
    )

    site_list_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("site_lists.id"), primary_key=True
    )
    rank: Mapped[int] = mapped_column(Integer, primary_key=True, comment="1 is the first")
    site_id: Mapped[int] = mapped_column(BigInteger, comment="sites.id")


class Run(Base):
    """One scan of a slice of a list on one day, or the reading again of one."""

    __tablename__ = "runs"
    __table_args__ = (
        Index("ix_runs_day", "day"),
        {"comment": "Scans: which list, which day, with which settings and versions"},
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    dag_run_id: Mapped[str] = mapped_column(unique=True, comment="Airflow's name of the run")
    day: Mapped[dt.date] = mapped_column(Date, comment="UTC day the answers belong to")
    source: Mapped[str] = mapped_column(comment="dns: asked; archive: that day's answers, again")
    dns: Mapped[str] = mapped_column(comment="lab: practice internet; system or custom: real DNS")
    site_list_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("site_lists.id"))
    first_rank: Mapped[int] = mapped_column(Integer)
    last_rank: Mapped[int] = mapped_column(Integer)
    chunk_size: Mapped[int] = mapped_column(Integer)
    settings: Mapped[dict[str, Any]] = mapped_column(comment="resolvers, pace, limits")
    versions: Mapped[dict[str, Any]] = mapped_column(comment="of code, rules and archive schema")
    state: Mapped[str] = mapped_column(
        comment="running, done, short (coverage under the gate), interrupted (ended before it was "
        "counted)"
    )
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    summary: Mapped[dict[str, Any] | None] = mapped_column(comment="the figures of the end mail")
    answers_dropped_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when its files in the archive were removed, by age"
    )
    rows_dropped_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when its site_runs, grades and remarks were dropped, by age; this row stays"
    )


class Chunk(Base):
    """A slice of a run."""

    __tablename__ = "chunks"
    __table_args__ = ({"comment": "Slices of a run; the unit that is retried and cleared"},)

    run_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True, comment="0 is the first")
    first_rank: Mapped[int] = mapped_column(Integer)
    last_rank: Mapped[int] = mapped_column(Integer)
    sites: Mapped[int] = mapped_column(Integer, comment="entries of the list in this slice")
    archive: Mapped[str] = mapped_column(comment="path of its Parquet file below the archive")
    scan_begun_at: Mapped[dt.datetime | None] = mapped_column(
        comment="when a scan of it was last begun; an older one that still goes on may not end"
    )
    scanned_at: Mapped[dt.datetime | None]
    processed_at: Mapped[dt.datetime | None]
    graded_at: Mapped[dt.datetime | None]
    scan_report: Mapped[dict[str, Any] | None] = mapped_column(
        comment="counts of the scan by outcome and reason, pace, retries, flips"
    )


class ScanShare(Base):
    """The part of the published rates that one scan holds now."""

    __tablename__ = "scan_shares"
    __table_args__ = ({"comment": "Parts of the rates at name servers that scans hold now"},)

    holder: Mapped[str] = mapped_column(primary_key=True, comment="one attempt at a chunk's scan")
    run_id: Mapped[int] = mapped_column(BigInteger)
    chunk: Mapped[int] = mapped_column(Integer)
    part: Mapped[int] = mapped_column(Integer, comment="of 27,720, which is the whole rate")
    is_over: Mapped[bool] = mapped_column(comment="the scan has ended a moment ago")
    expires_at: Mapped[dt.datetime]


class SiteRun(Base):
    """What one site published in one run, read into types."""

    __tablename__ = "site_runs"
    __table_args__ = (
        Index("ix_site_runs_site_id", "site_id"),
        {
            "postgresql_partition_by": "LIST (run_id)",
            "comment": "One row a site and run: its records, read; partitioned by run",
        },
    )

    run_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    rank: Mapped[int] = mapped_column(Integer, primary_key=True)
    chunk: Mapped[int] = mapped_column(Integer, comment="chunks.number")
    site_id: Mapped[int] = mapped_column(BigInteger, comment="sites.id")
    domain: Mapped[str]
    status: Mapped[str] = mapped_column(
        comment="exists, nxdomain (a server said so), or not_measured"
    )
    is_measured: Mapped[bool] = mapped_column(
        comment="every graded family was measured; the run's coverage counts these"
    )
    dns_provider: Mapped[str] = mapped_column(
        comment="operator of the name servers; self-hosted, unknown, none, not_measured"
    )
    mail_provider: Mapped[str] = mapped_column(
        comment="operator of the mail hosts; self-hosted, unknown, none, not_measured"
    )
    mail_gateway: Mapped[str | None] = mapped_column(comment="filter in front of the mail hosts")
    questions: Mapped[int] = mapped_column(Integer, comment="look-ups that its reading rests on")
    not_measured: Mapped[int] = mapped_column(Integer, comment="how many of them nobody could tell")
    readings: Mapped[dict[str, Any]] = mapped_column(
        comment='record family -> value; null: absent; {"is": "notmeasured"}: nobody could tell'
    )


class Grade(Base):
    """The grade of one record family of one site, under one version of the rules."""

    __tablename__ = "grades"
    __table_args__ = (
        {
            "postgresql_partition_by": "LIST (run_id)",
            "comment": "Grades by site and record family ('overall' too); partitioned by run",
        },
    )

    run_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    rules_version: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    rank: Mapped[int] = mapped_column(Integer, primary_key=True)
    family: Mapped[str] = mapped_column(primary_key=True)
    chunk: Mapped[int] = mapped_column(Integer)
    site_id: Mapped[int] = mapped_column(BigInteger)
    grade: Mapped[int | None] = mapped_column(
        SmallInteger, comment="0-100; NULL: not measured, or does not apply (why_none says which)"
    )
    letter: Mapped[str | None] = mapped_column(comment="A+ to F")
    why_none: Mapped[str | None] = mapped_column(comment="why there is no grade")
    abstained: Mapped[list[str]] = mapped_column(comment="rules that could not tell")


class Remark(Base):
    """A fault found at one site."""

    __tablename__ = "remarks"
    __table_args__ = (
        Index("ix_remarks_code", "run_id", "code"),
        {
            "postgresql_partition_by": "LIST (run_id)",
            "comment": "Faults found, with the points they cost; partitioned by run",
        },
    )

    run_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    rules_version: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    rank: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True, comment="rule; see include/docs/rules.md")
    chunk: Mapped[int] = mapped_column(Integer)
    site_id: Mapped[int] = mapped_column(BigInteger)
    family: Mapped[str]
    severity: Mapped[str]
    points: Mapped[int] = mapped_column(SmallInteger, comment="lost in the family's grade")
    evidence: Mapped[str] = mapped_column(comment="what was found: record, server, count")


class Incident(Base):
    """What somebody was told about a run that is under way."""

    __tablename__ = "incidents"
    __table_args__ = (
        {"comment": "Incidents of runs that are under way and were told; emptied at a run's end"},
    )

    kind: Mapped[str] = mapped_column(
        primary_key=True, comment="chunk_failed, run_failed and so on"
    )
    dag_id: Mapped[str] = mapped_column(primary_key=True, comment="Airflow's name of the flow")
    dag_run_id: Mapped[str] = mapped_column(primary_key=True, comment="Airflow's name of the run")
    told_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    said: Mapped[str | None] = mapped_column(comment="What the task that failed said, in one line")


RUN_PARTITIONED = (SiteRun.__tablename__, Grade.__tablename__, Remark.__tablename__)
"""Tables that hold one partition a run."""
