"""The few named queries that more than one place asks."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from dnstats.db.models import Chunk, Grade, Remark, Run, SiteRun
from dnstats.db.pace import control_sample, highest_pace


class RemarkCount(msgspec.Struct, frozen=True):
    """How often one rule found its fault in a run."""

    code: str
    severity: str
    family: str
    sites: int


class Summary(msgspec.Struct, frozen=True):
    """The figures of one run: what the end mail, the terminal and the report begin with."""

    run_id: int
    dag_run_id: str
    day: dt.date
    source: str
    dns: str
    first_rank: int
    last_rank: int
    sites: int  # entries of the list in the run's chunks
    read: int  # sites with a row; the rest stands in chunks that failed
    measured: int
    nxdomain: int
    chunks: int
    chunks_graded: int
    questions: int
    questions_not_measured: int
    rules_version: int | None
    mean_grades: dict[str, float]  # record family -> mean over the sites that have a grade
    graded_sites: dict[str, int]
    commonest: tuple[RemarkCount, ...]
    highest_rate: int = 0  # queries within one second at one address asked directly, whole run
    highest_rate_server: str = ""
    highest_network_rate: int = 0  # the same at one network (/24, /48)
    highest_rate_network: str = ""
    controlled: int = 0  # answers asked once more, as a control sample
    control_differs: int = 0  # of these, how many said the opposite: there, and not there

    @property
    def coverage(self) -> float:
        """Percent of the run's sites that were measured; 0 for a run without sites."""
        return 100 * self.measured / self.sites if self.sites else 0.0

    @property
    def not_measured(self) -> int:
        """Sites that nobody could tell about, those of failed chunks among them."""
        return self.sites - self.measured


def find_run(connection: sa.Connection, dag_run_id: str) -> int | None:
    """The id of the run that Airflow knows as `dag_run_id`."""
    return connection.scalar(sa.select(Run.id).where(Run.dag_run_id == dag_run_id))


class RunHome(NamedTuple):
    """What says where a run's report stands, or why there is none."""

    day: dt.date
    run_id: int
    state: str
    ended_at: dt.datetime | None


def run_home(connection: sa.Connection, dag_run_id: str) -> RunHome | None:
    """That of the run that Airflow knows as `dag_run_id`."""
    query = sa.select(Run.day, Run.id, Run.state, Run.ended_at).where(Run.dag_run_id == dag_run_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else RunHome(*row)


def chunk_archive(connection: sa.Connection, dag_run_id: str, number: int) -> str | None:
    """The path of a chunk's file below the archive."""
    return connection.scalar(
        sa.select(Chunk.archive)
        .join(Run, Run.id == Chunk.run_id)
        .where(Run.dag_run_id == dag_run_id, Chunk.number == number)
    )


def chunks_graded(connection: sa.Connection, dag_run_id: str) -> tuple[int, int]:
    """How many of a run's chunks are graded, and how many it has."""
    row = connection.execute(
        sa.select(sa.func.count(Chunk.graded_at), sa.func.count(Chunk.number))
        .join(Run, Run.id == Chunk.run_id)
        .where(Run.dag_run_id == dag_run_id)
    ).one()
    return row[0], row[1]


def newest_run(connection: sa.Connection) -> int | None:
    """The id of the run made last."""
    return connection.scalar(sa.select(sa.func.max(Run.id)))


def newest_rules_version(connection: sa.Connection, run_id: int) -> int | None:
    """The newest version of the rules that the run was graded with."""
    return connection.scalar(
        sa.select(sa.func.max(Grade.rules_version)).where(Grade.run_id == run_id)
    )


def run_summary(connection: sa.Connection, run_id: int, commonest: int = 5) -> Summary:
    """The figures of one run; `LookupError` when there is no such run."""
    run = connection.execute(sa.select(Run.__table__).where(Run.id == run_id)).one_or_none()
    if run is None:
        raise LookupError(f"there is no run {run_id}")
    sites = connection.execute(
        sa.select(
            sa.func.count(),
            sa.func.count().filter(SiteRun.is_measured),
            sa.func.count().filter(SiteRun.status == "nxdomain"),
            sa.func.coalesce(sa.func.sum(SiteRun.questions), 0),
            sa.func.coalesce(sa.func.sum(SiteRun.not_measured), 0),
        ).where(SiteRun.run_id == run_id)
    ).one()
    chunks = connection.execute(
        sa.select(
            sa.func.coalesce(sa.func.sum(Chunk.sites), 0),
            sa.func.count(),
            sa.func.count(Chunk.graded_at),
        ).where(Chunk.run_id == run_id)
    ).one()
    version = newest_rules_version(connection, run_id)
    means = _mean_grades(connection, run_id, version)
    pace = highest_pace(connection, run_id)
    network_pace = highest_pace(connection, run_id, of_networks=True)
    control = control_sample(connection, run_id)
    return Summary(
        run_id=run_id,
        dag_run_id=run.dag_run_id,
        day=run.day,
        source=run.source,
        dns=run.dns,
        first_rank=run.first_rank,
        last_rank=run.last_rank,
        sites=chunks[0],
        read=sites[0],
        measured=sites[1],
        nxdomain=sites[2],
        chunks=chunks[1],
        chunks_graded=chunks[2],
        questions=sites[3],
        questions_not_measured=sites[4],
        rules_version=version,
        mean_grades={family: round(float(mean), 1) for family, mean, _ in means},
        graded_sites={family: count for family, _, count in means},
        commonest=_commonest(connection, run_id, version, commonest),
        highest_rate=pace.queries,
        highest_rate_server=pace.server,
        highest_network_rate=network_pace.queries,
        highest_rate_network=network_pace.server,
        controlled=control.asked,
        control_differs=control.differing,
    )


def _mean_grades(connection: sa.Connection, run_id: int, version: int | None) -> list[Any]:
    query = (
        sa.select(Grade.family, sa.func.avg(Grade.grade), sa.func.count(Grade.grade))
        .where(Grade.run_id == run_id, Grade.rules_version == version, Grade.grade.is_not(None))
        .group_by(Grade.family)
        .order_by(Grade.family)
    )
    return list(connection.execute(query))


def _commonest(
    connection: sa.Connection, run_id: int, version: int | None, limit: int
) -> tuple[RemarkCount, ...]:
    query = (
        sa.select(Remark.code, Remark.severity, Remark.family, sa.func.count())
        .where(Remark.run_id == run_id, Remark.rules_version == version, Remark.points > 0)
        .group_by(Remark.code, Remark.severity, Remark.family)
        .order_by(sa.func.count().desc(), Remark.code)
        .limit(limit)
    )
    return tuple(RemarkCount(*row) for row in connection.execute(query))
