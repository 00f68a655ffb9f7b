"""`make run`: one run of `daily_scan` from the command to its summary."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console

from dnstats import settings
from dnstats.db.roles import READER
from dnstats.lists.fetching import fetch_list, unpack_lines
from dnstats.lists.reading import BadList, read_list
from dnstats.stack import lab_process, private, progress, summary, watching
from dnstats.stack.airflow_api import AirflowApi, Unreachable
from dnstats.stack.fault import StackFault
from dnstats.stack.owner import Order, Owner, State, read_state
from dnstats.stack.places import Places
from dnstats.stack.postgres import Cluster

SCAN, PUBLISH = "daily_scan", "publish_report"
PARSE_SECONDS = 180.0
PUBLISH_SECONDS = 300.0


class Wanted(NamedTuple):
    """What `make run` was asked for."""

    sites: int
    site_list: str | None
    dns: str
    chunk: int | None
    direct_port: int | None
    seed: str = "1"


def run(places: Places, wanted: Wanted, console: Console) -> int:
    """Exit status: 0 when the run and its report succeeded."""
    lab_sites = _check_list(places, wanted)
    with _stack(places, wanted, lab_sites, console) as (state, owner):
        api = AirflowApi(state.address, private.load(places.secrets).admin_password)
        with contextlib.closing(api):
            check = owner.check if owner else lambda: _still_up(places)
            prepare(api, console, fresh=owner is not None, check=check)
            return _one_run(places, wanted, state, api, console, owner)


def prepare(api: AirflowApi, console: Console, *, fresh: bool, check: Any) -> None:
    """DAGs read, the pool made, what an earlier stack left unfinished ended, DAGs let run."""
    slots = int(settings.load()["DNSTATS_SCAN_SLOTS"])
    for dag_id in (SCAN, PUBLISH):
        await_dag(api, dag_id, check)
    api.ensure_pool("scan", slots, "Scans at the same time: network, hardly any processor")
    for dag_id in (SCAN, PUBLISH):
        for run_id in api.unfinished_runs(dag_id) if fresh else ():
            console.out(f"ending {dag_id} {run_id}, which an earlier stack left unfinished")
            api.fail_run(dag_id, run_id)
        api.set_paused(dag_id, False)


def await_dag(api: AirflowApi, dag_id: str, check: Any) -> None:
    """Wait until Airflow has read the DAG's file (anew: within this stack's life)."""
    began = time.monotonic()
    while time.monotonic() - began < PARSE_SECONDS:
        check()
        with contextlib.suppress(Unreachable):
            dag = api.dag(dag_id)
            errors = api.import_errors()
            if dag is not None and not dag["is_stale"] and not dag["has_import_errors"]:
                return
            if errors and time.monotonic() - began > 10:
                raise StackFault(f"Airflow cannot read the DAG {dag_id}: {'; '.join(errors)}")
        time.sleep(0.3)
    raise StackFault(f"Airflow has not found the DAG {dag_id} after {PARSE_SECONDS:.0f} s")


@contextlib.contextmanager
def _stack(
    places: Places, wanted: Wanted, lab_sites: Path | None, console: Console
) -> Iterator[tuple[State, Owner | None]]:
    """The stack that `make up` keeps running, else one of our own for this run."""
    state = read_state(places)
    if state is not None:
        yield usable(state, wanted), None
        return
    order = Order(wanted.dns, False, lab_sites, wanted.direct_port, wanted.seed)
    owner = Owner(places, order, "run", console.out)
    try:
        yield owner.start(), owner
    finally:
        console.out("stopping what was started")
        owner.stop()


def usable(state: State, wanted: Wanted) -> State:
    """The stack that is up, when it can do what is wanted; StackFault says why not."""
    if state.kind != "up":
        raise StackFault(
            "another `make run` is under way in this checkout; wait for it, or `make down` ends it"
        )
    if not state.ready:
        raise StackFault("the stack of `make up` is still starting; try again in half a minute")
    if state.dns == "lab" and wanted.site_list not in (None, str(settings.BUNDLED_LIST)):
        raise StackFault(
            "the practice internet that is up knows the bundled sites only, and would call all of "
            f"LIST={wanted.site_list} non-existent: `make down`, then again (it is made for them)"
        )
    if wanted.dns not in ("auto", state.dns):
        raise StackFault(
            f"the stack that is up has DNS={state.dns}, not {wanted.dns}; `make down`, then again"
        )
    return state


def _still_up(places: Places) -> None:
    if read_state(places) is None:
        raise StackFault("the stack was stopped (make down) while the run was under way")


def _one_run(
    places: Places,
    wanted: Wanted,
    state: State,
    api: AirflowApi,
    console: Console,
    owner: Owner | None,
) -> int:
    check = owner.check if owner else lambda: _still_up(places)
    conf = run_conf(wanted, state)
    run_id = api.trigger(SCAN, conf, "make run")
    console.out(f"triggered {SCAN} for ranks 1 to {wanted.sites:,}: {run_id}")
    with progress.display(console) as shown:
        ended = watching.follow(api, SCAN, run_id, shown.show, check)
    published = None
    if ended == "success":
        console.out("publishing the report")
        published = watching.follow_caused(api, (SCAN, run_id), PUBLISH, check, PUBLISH_SECONDS)
    reasons = watching.failures(api, SCAN, run_id) if ended != "success" else []
    if ended == "success" and (published is None or published[1] != "success"):
        reasons = watching.failures(api, PUBLISH, published[0]) if published else []
        reasons = reasons or [f"{PUBLISH} did not come to an end"]
    _print_end(places, state, run_id, console, owner is None, not reasons)
    for reason in reasons or ([] if ended == "success" else ["no task says why"]):
        console.out(f"FAILED: {reason}")
    return 0 if ended == "success" and not reasons else 1


def run_conf(wanted: Wanted, state: State) -> dict[str, Any]:
    """The params of the DAG run; what is left out is the DAG's own default."""
    conf: dict[str, Any] = {
        "first_rank": 1,
        "last_rank": wanted.sites,
        "resolvers": list(state.resolvers),
        "dns": state.dns,
    }
    optional = {
        "chunk_size": wanted.chunk,
        "direct_port": wanted.direct_port or state.direct_port,
        "site_list": wanted.site_list,
    }
    return conf | {key: value for key, value in optional.items() if value is not None}


def _print_end(
    places: Places, state: State, run_id: str, console: Console, up: bool, published: bool
) -> None:
    from dnstats.grade.catalogue import rule_texts

    cluster, found = Cluster(places.postgres), settings.load()
    said = summary.read_summary(cluster.url("dnstats", role=READER), run_id)
    if said is not None:
        titles = {code: text.title for code, text in rule_texts().items()}
        console.out("\n" + "\n".join(summary.figures(said, titles)))
    page = found.reports / "index.html"
    for line in summary.whereabouts(
        report=page if published and page.exists() else (found.reports if published else None),
        archive=found.archive,
        database=cluster.psql_command("dnstats", READER),
        address=state.address,
        password_file=places.secrets / "admin_password",
        up=up,
    ):
        console.out(line)


def _check_list(places: Places, wanted: Wanted) -> Path | None:
    """Read the user's own list now, so that its fault is said at once; the lab gets its sites."""
    if wanted.site_list is None:
        return None
    try:
        lines = unpack_lines(fetch_list(wanted.site_list), wanted.site_list)
        entries = read_list(lines).entries
    except BadList as fault:
        raise StackFault(f"LIST={wanted.site_list}: {fault}") from None
    path = places.var / "run" / "lab_sites.csv"
    lab_process.write_sites(path, (e for e in entries if e[0] <= wanted.sites))
    return path
