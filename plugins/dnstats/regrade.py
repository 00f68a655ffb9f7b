"""`python -m dnstats.regrade [RUN]`: what `make regrade RUN=...` calls.

Grades a run again from its stored rows by the rules of now, and tells which grades moved. RUN is
a run's number, Airflow's name of it, or `latest`. The database is DNSTATS_DATABASE, else that of
this checkout, which is started for it when it does not run.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator

import sqlalchemy as sa

from dnstats.db.connect import open_database
from dnstats.db.roles import APP
from dnstats.settings import BadSetting, load
from dnstats.stack.fault import StackFault, sentence_of
from dnstats.stack.places import places
from dnstats.stack.postgres import Cluster
from dnstats.tasks.chunk_name import Refused
from dnstats.tasks.regrade_run import choose_run, compare_versions, regrade_run
from dnstats.tasks.tell_movement import tell_movement, write_movement


def main(argv: list[str]) -> int:
    """0: graded, whether anything moved or not; 1: it could not be done, and a sentence why."""
    options = _arguments(argv)
    try:
        with _database() as database:
            return _regrade(database, options)
    except (Refused, StackFault, BadSetting) as fault:
        print(f"dnstats: {fault}", file=sys.stderr)
    except OSError as fault:
        print(f"dnstats: {sentence_of(fault)}", file=sys.stderr)
    except sa.exc.SQLAlchemyError as fault:
        said = " ".join(str(getattr(fault, "orig", None) or fault).split())[:300]
        print(
            f"dnstats: the database cannot be used ({said}): is it DNStats', and of this version?",
            file=sys.stderr,
        )
    except KeyboardInterrupt:
        print("dnstats: interrupted; run it again to finish", file=sys.stderr)
        return 130
    return 1


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m dnstats.regrade", description=__doc__)
    parser.add_argument("run", nargs="?", default=os.environ.get("RUN") or "latest")
    parser.add_argument("--before", type=int, help="version of the rules to compare with")
    parser.add_argument(
        "--compare", action="store_true", help="grade nothing: only compare what is stored"
    )
    return parser.parse_args(argv)


def _regrade(database: sa.Engine, options: argparse.Namespace) -> int:
    with database.connect() as connection:
        run_id = choose_run(connection, options.run)
    if not options.compare:
        regrade_run(database, run_id, lambda line: print(line, flush=True))
    with database.connect() as connection:
        moved = compare_versions(connection, run_id, options.before)
    if moved is None:
        print(f"run {run_id} has no grades by an older version of the rules to compare with")
        return 0
    for line in tell_movement(moved):
        print(line)
    print(f"all of it: {write_movement(moved, load().var / 'regrade')}")
    return 0


@contextlib.contextmanager
def _database() -> Iterator[sa.Engine]:
    url = load()["DNSTATS_DATABASE"]
    if url:
        yield open_database(url)
        return
    cluster = Cluster(places().postgres)
    if not (cluster.data / "PG_VERSION").exists():
        raise Refused(
            "There is no database in this checkout: `make run` makes one, or name another in "
            "DNSTATS_DATABASE"
        )
    if cluster.running_pid() is not None:
        yield open_database(cluster.url("dnstats", role=APP))
        return
    with cluster:
        yield open_database(cluster.url("dnstats", role=APP))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
