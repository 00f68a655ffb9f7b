"""A dry run: says what a run would ask, and keeps nothing. Asks nothing either."""

from __future__ import annotations

import logging

import msgspec
import sqlalchemy as sa

from dnstats.db.models import Chunk, Run
from dnstats.settings import Settings
from dnstats.tasks.create_run import choose_sites, fetch_sites
from dnstats.tasks.run_request import RunRequest

log = logging.getLogger(__name__)

LOOKUPS_A_SITE = 32.0
"""Of the practice internet's sites, for want of an earlier run to go by."""


class RunPlan(msgspec.Struct, frozen=True):
    """What a run would be. `hours` None: no earlier run and no ceiling tells how long it takes."""

    site_list: str
    first_rank: int
    last_rank: int
    sites: int
    chunks: int
    lookups: int
    hours: float | None
    basis: str

    def __str__(self) -> str:
        how_long = "for a time that no earlier run tells" if self.hours is None else (
            f"for about {self.hours:.1f} h"
        )  # fmt: skip
        return (
            f"Dry run, nothing is asked or kept. {self.sites:,} sites of {self.site_list} (ranks "
            f"{self.first_rank:,}-{self.last_rank:,}) in {self.chunks:,} chunks would be asked "
            f"about {self.lookups:,} questions, {how_long} ({self.basis})."
        )


class Experience(msgspec.Struct, frozen=True):
    """What earlier scans of the same kind of DNS cost. Seconds are those of one scan at a time."""

    run_id: int
    sites: int
    lookups: int
    seconds: float


def plan_run(
    database: sa.Engine, settings: Settings, request: RunRequest, *, max_chunks: int = 1024
) -> RunPlan:
    """The plan of the run that `create_run` would make of the same request."""
    file = fetch_sites(request)
    with database.connect() as connection:  # never committed: an imported list is gone again
        sites, slices = choose_sites(connection, settings, request, max_chunks, file=file)
        known = _experience(connection, request.dns)
    count = sum(part.sites for part in slices)
    per_site = known.lookups / known.sites if known else LOOKUPS_A_SITE
    lookups = round(count * per_site)
    parallel = min(settings["DNSTATS_SCAN_SLOTS"], len(slices))
    hours = [count * known.seconds / known.sites / parallel / 3600] if known else []
    if request.resolver_rate:
        hours.append(lookups / request.resolver_rate / 3600)
    plan = RunPlan(
        site_list=sites.name,
        first_rank=slices[0].first_rank,
        last_rank=slices[-1].last_rank,
        sites=count,
        chunks=len(slices),
        lookups=lookups,
        hours=max(hours, default=None),
        basis=f"by the {known.sites:,} sites of run {known.run_id}"
        if known
        else f"by {LOOKUPS_A_SITE:g} questions a site, as in the practice internet",
    )
    log.info("%s", plan)
    return plan


def _experience(connection: sa.Connection, dns: str) -> Experience | None:
    """Sums over the scanned chunks of the newest run that asked the same kind of DNS."""

    def total(name: str) -> sa.ColumnElement[float]:
        return sa.func.sum(sa.cast(Chunk.scan_report[name].astext, sa.Float))

    row = connection.execute(
        sa.select(Run.id, total("sites"), total("questions"), total("elapsed"))
        .join(Chunk, Chunk.run_id == Run.id)
        .where(Run.source == "dns", Run.dns == dns, Chunk.scan_report.is_not(None))
        .group_by(Run.id)
        .having(total("sites") > 0)
        .order_by(Run.id.desc())
        .limit(1)
    ).one_or_none()
    return Experience(row[0], int(row[1]), int(row[2]), row[3]) if row else None
