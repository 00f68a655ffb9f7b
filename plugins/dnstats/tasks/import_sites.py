"""Brings in the newest list, or says why the old one stands. A bad download replaces nothing."""

from __future__ import annotations

import datetime as dt
import logging
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from dnstats.db.models import ListUpdate
from dnstats.lists.reading import BadList
from dnstats.lists.taking import Taken, take_list
from dnstats.opt_out import read_opt_out
from dnstats.settings import Settings
from dnstats.tasks.update_request import UpdateRequest
from dnstats.visible import visible

log = logging.getLogger(__name__)


def import_sites(
    database: sa.Engine,
    settings: Settings,
    request: UpdateRequest,
    *,
    dag_run_id: str,
    now: dt.datetime,
) -> int:
    """The id of the list that stands. `BadList` when none could be taken: trying again may help."""
    _keep(
        database, dag_run_id, source=request.source, state="running", said="under way",
        started_at=now, ended_at=None, site_list_id=None,
    )  # fmt: skip
    try:
        taken = take_list(
            database,
            request.source,
            opted_out=read_opt_out(Path(settings["DNSTATS_OPT_OUT"])),
            at_least=request.at_least,
            even_if_short=request.even_if_short,
            now=now,
        )
    except BadList as fault:
        _keep(database, dag_run_id, state="refused", said=visible(str(fault)), ended_at=_now())
        raise
    said = describe(taken)
    for reason, junk in taken.sites.junk.items():
        log.warning("left out %s rows: %s, for example %r", junk["rows"], reason, junk["example"])
    log.info("%s", said)
    _keep(
        database, dag_run_id, state="taken" if taken.is_new else "unchanged", said=said,
        site_list_id=taken.sites.id, ended_at=_now(),
    )  # fmt: skip
    return taken.sites.id


def describe(taken: Taken) -> str:
    """What was taken and what it changed, in one sentence."""
    sites, changes = taken.sites, taken.changes
    if not taken.is_new:
        return f"there is no newer list than {sites.name} with its {sites.sites:,} sites"
    if changes is None:
        return f"{sites.name} with {sites.sites:,} sites is the first list"
    return (
        f"{sites.name} with {sites.sites:,} sites: {changes.new:,} new, {changes.gone:,} gone and "
        f"{changes.moved:,} moved since {changes.since}"
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _keep(database: sa.Engine, dag_run_id: str, **values: Any) -> None:
    with database.begin() as connection:
        if "source" in values:
            connection.execute(
                insert(ListUpdate)
                .values(dag_run_id=dag_run_id, **values)
                .on_conflict_do_update(index_elements=["dag_run_id"], set_=values)
            )
        else:
            connection.execute(
                sa.update(ListUpdate).where(ListUpdate.dag_run_id == dag_run_id).values(**values)
            )
