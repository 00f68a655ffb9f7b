"""Makes a run and its chunks. Asks nothing: that is for scan_chunk."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from dnstats import archive
from dnstats.db.models import Chunk, Run, SiteRank
from dnstats.db.partitions import drop_run_partitions, make_run_partitions
from dnstats.grade.scale import RULES_VERSION
from dnstats.lists.importing import (
    ImportedList,
    ListFile,
    fetch_file,
    import_list,
    load_list,
    newest_list,
)
from dnstats.lists.reading import BadList
from dnstats.opt_out import read_opt_out
from dnstats.settings import BUNDLED_LIST, Settings
from dnstats.tasks.chunk_name import LATEST, ChunkName, Refused, chunk_label
from dnstats.tasks.run_request import RunRequest
from dnstats.version import code_version

log = logging.getLogger(__name__)


class Slice(NamedTuple):
    """A chunk before it has a run."""

    first_rank: int
    last_rank: int
    sites: int


def create_run(
    database: sa.Engine,
    settings: Settings,
    request: RunRequest,
    *,
    dag_run_id: str,
    now: dt.datetime,
    max_chunks: int = 1024,
) -> list[ChunkName]:
    """The chunks of a new run; called again for the same Airflow run, the same chunks."""
    file = fetch_sites(request)
    with database.begin() as connection:
        pinned = _pinned_list(connection, dag_run_id)
        sites, slices = choose_sites(
            connection, settings, request, max_chunks, file=file, pinned=pinned
        )
        values = _run_values(settings, request, sites, slices, now)
        run_id, day, is_kept = _keep_or_make_run(connection, dag_run_id, values, slices)
        if not is_kept:
            rows = [
                {
                    "run_id": run_id,
                    "number": number,
                    "archive": archive.chunk_path(day, run_id, number),
                    **part._asdict(),
                }
                for number, part in enumerate(slices)
            ]
            connection.execute(sa.insert(Chunk), rows)
    log.info("run %d: %d sites in %d chunks", run_id, sum(s.sites for s in slices), len(slices))
    return name_chunks(run_id, [(part.first_rank, part.last_rank) for part in slices])


def fetch_sites(request: RunRequest) -> ListFile | None:
    """The list that the request names, before any transaction; None when it names none."""
    try:
        return fetch_file(request.site_list) if request.site_list else None
    except BadList as fault:
        raise Refused(_unusable(fault)) from fault


def _unusable(fault: BadList) -> str:
    return f"The site list cannot be used: {fault}."


def choose_sites(
    connection: sa.Connection,
    settings: Settings,
    request: RunRequest,
    max_chunks: int,
    *,
    file: ListFile | None,
    pinned: int | None = None,
) -> tuple[ImportedList, list[Slice]]:
    """The list of a run and how it is cut; `Refused` says what is wrong with the request.

    `file`: what `fetch_sites` brought. `pinned`: the list that the run has, where the request
    names none; a newer one may have come.
    """
    opted_out = read_opt_out(Path(settings["DNSTATS_OPT_OUT"]))
    try:
        if file is not None:
            sites = import_list(connection, file, opted_out)
        elif pinned is not None:
            sites = load_list(connection, pinned)
        else:
            sites = newest_list(connection) or import_list(
                connection, fetch_file(str(BUNDLED_LIST)), opted_out
            )
    except BadList as fault:
        raise Refused(_unusable(fault)) from fault
    if not sites.last_rank:
        raise Refused(f"The ranks of the list {sites.name} are kept no longer: trigger a new run.")
    _log_list(sites)
    slices = cut(connection, sites, request)
    _check_count(len(slices), request, max_chunks)
    return sites, slices


def _pinned_list(connection: sa.Connection, dag_run_id: str) -> int | None:
    return connection.scalar(sa.select(Run.site_list_id).where(Run.dag_run_id == dag_run_id))


def name_chunks(run_id: int, ranges: list[tuple[int, int]]) -> list[ChunkName]:
    """The names that travel between the tasks."""
    return [
        ChunkName(run_id=run_id, number=number, label=chunk_label(first, last))
        for number, (first, last) in enumerate(ranges)
    ]


def cut(connection: sa.Connection, sites: ImportedList, request: RunRequest) -> list[Slice]:
    """The slices of the wanted ranks, without those where the list has no entry."""
    last_rank = min(request.last_rank or sites.last_rank, sites.last_rank)
    if request.first_rank > last_rank:
        raise Refused(
            f"first_rank {request.first_rank:,} is behind the end of the list {sites.name}, whose "
            f"last rank is {sites.last_rank:,}"
        )
    number = (SiteRank.rank - request.first_rank) / request.chunk_size
    counts = connection.execute(
        sa.select(sa.func.floor(number), sa.func.count())
        .where(
            SiteRank.site_list_id == sites.id,
            SiteRank.rank.between(request.first_rank, last_rank),
        )
        .group_by(sa.func.floor(number))
        .order_by(sa.func.floor(number))
    )
    slices = []
    for index, count in counts:
        first = request.first_rank + int(index) * request.chunk_size
        slices.append(Slice(first, min(first + request.chunk_size - 1, last_rank), count))
    if not slices:
        raise Refused(
            f"the list {sites.name} has no site between rank {request.first_rank:,} and "
            f"{last_rank:,}"
        )
    return slices


def _check_count(count: int, request: RunRequest, max_chunks: int) -> None:
    if count > max_chunks:
        raise Refused(
            f"chunk_size {request.chunk_size:,} makes {count:,} chunks and Airflow maps at most "
            f"{max_chunks:,}: raise chunk_size, or AIRFLOW__CORE__MAX_MAP_LENGTH"
        )


def _run_values(
    settings: Settings,
    request: RunRequest,
    sites: ImportedList,
    slices: list[Slice],
    now: dt.datetime,
) -> dict[str, Any]:
    return {
        "day": now.astimezone(dt.UTC).date(),
        "source": "dns",
        "dns": request.dns,
        "site_list_id": sites.id,
        "first_rank": slices[0].first_rank,
        "last_rank": slices[-1].last_rank,
        "chunk_size": request.chunk_size,
        "settings": {
            "resolvers": list(request.resolvers),
            "second_resolvers": list(settings["DNSTATS_SECOND_RESOLVERS"]),
            "direct_port": request.direct_port,
            "resolver_rate": request.resolver_rate,
            "server_rate": request.server_rate,
            "network_rate": request.network_rate,
            "allow_special": settings["DNSTATS_ALLOW_SPECIAL"] or request.dns == "lab",
        },
        "versions": {
            "code": code_version(),
            "rules": RULES_VERSION,
            "archive": archive.SCHEMA_VERSION,
        },
        "state": "running",
        "started_at": now,
    }


def _keep_or_make_run(
    connection: sa.Connection, dag_run_id: str, values: dict[str, Any], slices: list[Slice]
) -> tuple[int, dt.date, bool]:
    """The run's id and day, and whether its chunks stand already just as they are wanted."""
    known = connection.execute(
        sa.select(Run.id, Run.day, Run.started_at)
        .where(Run.dag_run_id == dag_run_id)
        .with_for_update()
    ).one_or_none()
    if known is None:
        run_id = connection.scalar(
            sa.insert(Run).values(dag_run_id=dag_run_id, **values).returning(Run.id)
        )
        assert run_id is not None
        make_run_partitions(connection, run_id)
        return run_id, values["day"], False
    if values["started_at"] - known.started_at > LATEST:
        raise Refused(
            f"This is run {known.id} of {known.day}; answers of today must not stand under that "
            "day. Trigger a new run."
        )
    run_id, day = known.id, known.day
    begun = {"day", "started_at"}
    kept = {name: value for name, value in values.items() if name not in begun}
    connection.execute(
        sa.update(Run).where(Run.id == run_id).values(**kept, ended_at=None, summary=None)
    )
    standing = connection.execute(
        sa.select(Chunk.first_rank, Chunk.last_rank, Chunk.sites)
        .where(Chunk.run_id == run_id)
        .order_by(Chunk.number)
    )
    if [Slice(*row) for row in standing] == slices:
        make_run_partitions(connection, run_id)
        return run_id, day, True
    # Other ranks than before: nothing of the old slices may stand beside the new ones.
    drop_run_partitions(connection, run_id)
    make_run_partitions(connection, run_id)
    connection.execute(sa.delete(Chunk).where(Chunk.run_id == run_id))
    return run_id, day, False


def _log_list(sites: ImportedList) -> None:
    log.info("site list %s: %d sites", sites.name, sites.sites)
    for reason, junk in sites.junk.items():
        log.warning("left out %s rows: %s, for example %r", junk["rows"], reason, junk["example"])
