"""`manifest.json`: what a run was made of and what came of it, so that others can do it again."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from dnstats.db.models import Chunk, Run, SiteRun
from dnstats.db.models import SiteList as SiteListTable
from dnstats.db.queries import Summary
from dnstats.report.site_lists import WrittenList
from dnstats.version import code_version

SCHEMA = 1
SEEDS = {
    "order_of_a_chunk": "random.Random('RUN/CHUNK').shuffle of its sites by rank (Python)",
    "while_asking": "none: 0x20 case, message IDs, ports and the control sample are unpredictable",
}
FILE = "manifest.json"
_ADDED = ("questions", "datagrams", "stream_queries", "retries", "asked_again", "flips",
          "malformed", "truncated", "unproven")  # fmt: skip


def write_manifest(
    connection: sa.Connection, summary: Summary, lists: Iterable[WrittenList], folder: Path
) -> None:
    """Write the manifest of everything that stands in `folder` so far."""
    content = manifest(connection, summary, lists) | {"files": _files(folder)}
    (folder / FILE).write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def manifest(
    connection: sa.Connection, summary: Summary, lists: Iterable[WrittenList]
) -> dict[str, Any]:
    """All but the files."""
    run = connection.execute(
        sa.select(Run.__table__, SiteListTable.name.label("list_name"), SiteListTable.sha256)
        .join(SiteListTable, SiteListTable.id == Run.site_list_id)
        .where(Run.id == summary.run_id)
    ).one()
    statuses = connection.execute(
        sa.select(SiteRun.status, sa.func.count())
        .where(SiteRun.run_id == summary.run_id)
        .group_by(SiteRun.status)
        .order_by(SiteRun.status)
    )
    return {
        "schema": SCHEMA,
        "run": summary.run_id,
        "name": run.dag_run_id,
        "day": summary.day.isoformat(),
        "started_at": run.started_at.isoformat(),
        "source": run.source,
        "state": run.state,
        "site_list": {
            "name": run.list_name,
            "sha256": run.sha256,
            "first_rank": summary.first_rank,
            "last_rank": summary.last_rank,
        },
        "dns": run.dns,
        "settings": run.settings,
        "resolvers": _resolvers(connection, summary.run_id),
        "versions": run.versions
        | {"rules_of_the_grades": summary.rules_version, "code_of_the_report": code_version()},
        "seeds": SEEDS,
        "sites": {
            "in_the_list": summary.sites,
            "read": summary.read,
            "measured_in_full": summary.measured,
            "by_status": {row.status: row[1] for row in statuses},
        },
        "scan": _scan(connection, summary.run_id),
        "highest_rate": {"queries_in_a_second": summary.highest_rate,
                         "at": summary.highest_rate_server},
        "highest_rate_at_a_network": {"queries_in_a_second": summary.highest_network_rate,
                                      "at": summary.highest_rate_network},
        "lists": [one._asdict() for one in lists],
        "licence": "CC-BY-4.0",
    }  # fmt: skip


def _scan(connection: sa.Connection, run_id: int) -> dict[str, Any]:
    """What the scans of all chunks counted, added up; empty for answers that were read again."""
    reports = connection.scalars(sa.select(Chunk.scan_report).where(Chunk.run_id == run_id))
    sums: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for report in reports:
        if report:
            sums.update({key: report.get(key, 0) for key in _ADDED})
            outcomes.update(report.get("outcomes", {}))
            reasons.update(report.get("reasons", {}))
    if not sums and not outcomes:
        return {}
    return {
        **dict(sorted(sums.items())),
        "outcomes": dict(sorted(outcomes.items())),
        "not_measured_because": dict(sorted(reasons.items())),
    }


def _resolvers(connection: sa.Connection, run_id: int) -> list[dict[str, Any]]:
    """What resolvers told of themselves, each answer once, with how many chunks heard it."""
    reports = connection.scalars(sa.select(Chunk.scan_report).where(Chunk.run_id == run_id))
    told = Counter(
        json.dumps(one, sort_keys=True)
        for report in reports
        for one in (report or {}).get("resolvers", ())
    )
    return [json.loads(text) | {"chunks": chunks} for text, chunks in sorted(told.items())]


def _files(folder: Path) -> list[dict[str, Any]]:
    """Every file but those of single sites, which are many."""
    return [
        {
            "name": path.relative_to(folder).as_posix(),
            "bytes": path.stat().st_size,
            "sha256": _sha256(path),
        }
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.parent.name != "sites"
    ]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
