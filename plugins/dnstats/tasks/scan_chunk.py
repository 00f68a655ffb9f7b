"""Asks everything about a chunk's sites and archives what came back. Judges nothing."""

from __future__ import annotations

import datetime as dt
import logging
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from dnstats import archive
from dnstats.answer import Wanted
from dnstats.opt_out import read_opt_out
from dnstats.records import load_records
from dnstats.records.dnssec_rdata import key_tag
from dnstats.records.record import Site
from dnstats.scan.progress import Progress
from dnstats.scan.resolver_facts import ResolverFacts, ask_resolvers
from dnstats.scan.scanner import scan
from dnstats.scan.settings import ScanSettings, check_limits
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import (
    LATEST,
    ChunkName,
    Refused,
    begin_stage,
    end_stage,
    hold_chunk,
    load_sites,
)
from dnstats.tasks.share_lease import ShareLease

log = logging.getLogger(__name__)


def scan_chunk(
    database: sa.Engine, settings: Settings, chunk: ChunkName, *, now: dt.datetime
) -> ChunkName:
    """Replace the chunk's archive file with answers of now; for a reread, check that it stands.

    `BadArchive` before anything is asked when no answer could be kept.
    """
    row = begin_stage(database, chunk, "scanned_at")
    if row.source == "archive":
        if not archive.has_chunk(settings.archive, row.archive):
            raise Refused(
                f"The archived answers of {chunk['label']} on {row.day} are gone "
                f"({row.archive}); a past day cannot be asked again."
            )
        log.info("%s: reading the answers of %s again, nothing is asked", chunk["label"], row.day)
        with database.begin() as connection:
            end_stage(connection, chunk, "scanned_at", now)
        return chunk
    if now - row.started_at > LATEST:
        raise Refused(
            f"This run began on {row.started_at:%Y-%m-%d %H:%M} UTC; answers of today must not "
            "stand under that day. Clear process_chunk to read its archived answers again, or "
            "trigger a new run."
        )
    with database.begin() as connection:
        sites = in_random_order([site for _, site in load_sites(connection, row)], chunk)
    archive.check_writable(settings.archive)
    answers = archive.ChunkArchive()
    how = scan_settings(settings, row.settings)
    limits = check_limits(how)
    for sentence in limits:
        log.warning("%s", sentence)
    log.info("%s: asking about %d sites", chunk["label"], len(sites))
    with ShareLease(database, chunk) as allowance:
        report = scan(
            plan_sites(sites),
            how,
            answers.add,
            log_progress,
            sites=len(sites),
            allowance=allowance,
        )
    with database.begin() as connection:
        hold_chunk(connection, chunk, row, "scanned_at")
    # Not in that transaction: it may be an upload. A newer scan that begins now writes after it.
    size = answers.write(settings.archive, row.archive)
    counts = {
        **msgspec.to_builtins(report),
        "archive_bytes": size,
        "resolvers": [
            tell_resolver(one) for one in ask_resolvers((*how.resolvers, *how.second_resolvers))
        ],
    }
    with database.begin() as connection:
        hold_chunk(connection, chunk, row, "scanned_at")
        end_stage(connection, chunk, "scanned_at", dt.datetime.now(dt.UTC), scan_report=counts)
    for line in report.table():
        log.info("%s", line)
    for sentence in report.warnings:
        if sentence not in limits:
            log.warning("%s", sentence)
    log.info(
        "%s: %s answers archived in %s bytes", chunk["label"], f"{len(answers):,}", f"{size:,}"
    )
    return chunk


def tell_resolver(facts: ResolverFacts) -> dict[str, Any]:
    """What a resolver told of itself, for the manifest; the root's keys by their tags."""
    return {
        "address": facts.address,
        "software": facts.software,
        "validates": facts.validates,
        "root_key_tags": sorted(map(key_tag, facts.root_keys)),
    }


def in_random_order(sites: list[Site], chunk: ChunkName) -> list[Site]:
    """One operator's names must not be asked in a row; the same chunk comes in the same order."""
    random.Random(f"{chunk['run_id']}/{chunk['number']}").shuffle(sites)
    return sites


def plan_sites(sites: Sequence[Site]) -> Iterator[tuple[str, Wanted]]:
    """Every family's questions about every site, a site's own close together."""
    records = load_records()
    for site in sites:
        for record in records:
            yield site.domain, record.questions(site)


def scan_settings(settings: Settings, run: dict[str, Any]) -> ScanSettings:
    """The engine's settings for one chunk; the rates are the run's (see `share_lease`)."""
    return ScanSettings(
        resolvers=tuple(run["resolvers"]),
        second_resolvers=tuple(run["second_resolvers"]),
        direct_port=run["direct_port"],
        allow_special=run["allow_special"],
        timeout=settings["DNSTATS_TIMEOUT"],
        server_patience=8 * settings["DNSTATS_TIMEOUT"],
        tries=settings["DNSTATS_TRIES"],
        window=settings["DNSTATS_WINDOW"],
        # A run made by an older version does not name its pace.
        resolver_rate=run.get("resolver_rate", settings["DNSTATS_RESOLVER_RATE"]),
        server_rate=run.get("server_rate", settings["DNSTATS_SERVER_RATE"]),
        network_rate=run.get("network_rate", settings["DNSTATS_NETWORK_RATE"]),
        opted_out=read_opt_out(Path(settings["DNSTATS_OPT_OUT"])),
    )


def log_progress(progress: Progress) -> None:
    """One line of the task's log."""
    log.info("%s", progress.line())
