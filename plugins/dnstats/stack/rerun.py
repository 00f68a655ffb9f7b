"""`make rerun`: chunks of a run again, through Airflow's REST API, for those who live in the shell.

What the Clear button of Airflow does, with downstream; the rows stand afterwards once, as before.
"""

from __future__ import annotations

import contextlib
from typing import NamedTuple

import sqlalchemy as sa
from rich.console import Console

from dnstats.db import roles
from dnstats.db.connect import open_database
from dnstats.db.models import Run
from dnstats.stack import private, progress, watching
from dnstats.stack.airflow_api import AirflowApi, Refused
from dnstats.stack.fault import StackFault
from dnstats.stack.owner import read_state, ready_state
from dnstats.stack.places import Places
from dnstats.stack.postgres import Cluster
from dnstats.stack.run import SCAN

STAGES = {"scan": "scan_chunk", "process": "process_chunk", "grade": "grade_chunk"}


class Again(NamedTuple):
    """What is wanted: `run` is Airflow's name or our number; `chunks` are map indexes.

    `chunks` may be `failed`: every chunk that did not come to its grades.
    """

    run: str
    chunks: str
    stage: str


def rerun(places: Places, wanted: Again, console: Console) -> int:
    """Clear and watch; exit status 0 when the run succeeded."""
    state = ready_state(places)
    if wanted.stage not in STAGES:
        raise StackFault(f"FROM={wanted.stage} is none of {', '.join(STAGES)}")
    with contextlib.closing(
        AirflowApi(state.address, private.load(places.secrets).admin_password)
    ) as api:
        run_id = find_run(Cluster(places.postgres).url("dnstats", role=roles.READER), wanted.run)
        try:
            instances = api.task_instances(SCAN, run_id)
        except Refused as refused:
            if refused.status != 404:
                raise
            raise StackFault(f"RUN={wanted.run}: Airflow knows no such run of {SCAN}") from None
        tasks = choose(instances, wanted)
        cleared = api.clear(SCAN, run_id, [*tasks, *in_one_piece(instances, STAGES[wanted.stage])])
        console.out(
            f"cleared {len(cleared)} tasks of {run_id}: {STAGES[wanted.stage]} of "
            f"{len(tasks)} chunks, with all downstream"
        )
        with progress.display(console) as shown:
            ended = watching.follow(api, SCAN, run_id, shown.show, lambda: _still_up(places))
        for reason in watching.failures(api, SCAN, run_id) if ended != "success" else ():
            console.out(f"FAILED: {reason}")
    console.out(f"{run_id}: {ended}")
    return 0 if ended == "success" else 1


def _still_up(places: Places) -> None:
    if read_state(places) is None:
        raise StackFault("the stack was stopped (make down) while the run was under way")


def find_run(url: str, wanted: str) -> str:
    """Airflow's name of a run; from our number, as mails and reports give it, too."""
    if not wanted:
        raise StackFault("say which run: RUN=(its number in the mails, or Airflow's name of it)")
    if not wanted.isdecimal():
        return wanted
    name: str | None = None
    if int(wanted) < 2**63:  # what the database has numbers for
        with open_database(url).connect() as connection:
            name = connection.scalar(sa.select(Run.dag_run_id).where(Run.id == int(wanted)))
    if name is None:
        raise StackFault(f"RUN={wanted}: there is no run of that number")
    return name


def in_one_piece(instances: list[dict[str, object]], task: str) -> list[tuple[str, int]]:
    """(task id, -1) of the stages behind a task that never came apart into chunks.

    So it stands where a run was ended by hand in its first seconds. Airflow skipped them then, and
    clearing a chunk's first stage clears what is behind it in the same chunk, which these are not:
    the chunk would be scanned, and never graded.
    """
    stages = list(STAGES.values())
    whole = {one["task_id"] for one in instances if one["map_index"] == -1}
    return [(name, -1) for name in stages[stages.index(task) + 1 :] if name in whole]


def choose(instances: list[dict[str, object]], wanted: Again) -> list[tuple[str, int]]:
    """(task id, map index) to clear; StackFault when a wanted chunk is none of the run's."""
    task = STAGES[wanted.stage]
    states: dict[int, list[object]] = {}
    for one in instances:
        if one["task_id"] in STAGES.values():
            index = one["map_index"]
            assert isinstance(index, int)
            states.setdefault(index, []).append(one["state"])
    known = {index: said for index, said in states.items() if index >= 0}
    if wanted.chunks == "failed":
        chosen = sorted(i for i, said in known.items() if any(s in watching.BAD for s in said))
        if not chosen:
            raise StackFault("CHUNK=failed: no chunk of this run failed")
        return [(task, index) for index in chosen]
    words = wanted.chunks.replace(",", " ").split()
    if not words or not all(word.isdecimal() for word in words):
        raise StackFault(
            f"CHUNK={wanted.chunks}: say the map indexes, 3 or 3,5, or: failed (all that failed)"
        )
    chosen = sorted({int(word) for word in words})
    if missing := [index for index in chosen if index not in known]:
        raise StackFault(
            f"CHUNK={wanted.chunks}: this run has the chunks 0 to {max(known, default=-1)}, and "
            f"{', '.join(map(str, missing))} is none of them"
        )
    return [(task, index) for index in chosen]
