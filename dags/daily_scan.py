"""### The daily scan

`create_run -> notify_start -> [scan_chunk -> process_chunk -> grade_chunk] -> notify_done`

| task | what it does | clear it to |
|---|---|---|
| `create_run` | imports the list, cuts it into chunks; a dry run ends here | begin again |
| `notify_start` | mails that the run begins | |
| `scan_chunk` | asks DNS about a chunk's sites, archives the answers | ask again (within a day) |
| `process_chunk` | reads the archived answers into one row a site | read again, nothing is asked |
| `grade_chunk` | grades the rows, with remarks | grade again, with the rules of today |
| `notify_done` | counts, mails, fails the run when too little was measured | count again |

Clear a chunk with **downstream**: the same rows stand afterwards, once. A backfill of a past day
reads that day's archived answers again; it never asks. `notify_done` updates the asset
`dnstats_run`, which `publish_report` follows.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from airflow.sdk import Asset, Param, TriggerRule, dag, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowSkipException
from airflow_means import alert_webhook, database, max_chunks, not_again, settle, smtp_server
from alerting import (
    deadline,
    end_of_run,
    noted,
    tell_failure,
    tell_first_failed_chunk,
    told,
)
from dnstats import settings
from dnstats.tasks.chunk_name import ChunkName, Refused

RUN = Asset(name="dnstats_run", uri="dnstats://run")

WHOM = "Whom to ask, and how fast"

PARAMS = {
    "first_rank": Param(
        1, type="integer", minimum=1, title="First rank", description="1 is the top of the list"
    ),
    "last_rank": Param(
        None, type=["null", "integer"], minimum=1, title="Last rank",
        description="Empty: to the end of the list. DNSTATS_ENV=Development takes the top few",
    ),
    "chunk_size": Param(
        10_000, type="integer", minimum=1, maximum=100_000, title="Chunk size",
        description="Sites of one chunk: the unit that is scanned, retried and cleared",
    ),
    "site_list": Param(
        None, type=["null", "string"], title="Site list",
        description="CSV of rank,domain (plain, .gz, .zip), a path or a URL. "
        "Empty: DNSTATS_SITE_LIST, else the newest that update_sites took",
    ),
    "dry_run": Param(
        False, type="boolean", title="Dry run",
        description="Only say what would be asked: sites, chunks, questions, hours. See the log "
        "of create_run; nothing is asked, kept or mailed",
    ),
    "resolvers": Param(
        [], type=["null", "array"], items={"type": "string"}, title="Resolvers", section=WHOM,
        description="One a line, ip or ip:port. Empty: DNSTATS_RESOLVERS, else the system's",
    ),
    "direct_port": Param(
        None, type=["null", "integer"], minimum=1, maximum=65535, title="Port of name servers",
        section=WHOM,
        description="Empty: DNSTATS_DIRECT_PORT (53). The practice internet has its own",
    ),
    "dns": Param(
        "auto", type="string", enum=["auto", "system", "custom", "lab"],
        title="DNS", section=WHOM, values_display={"auto": "auto: by the resolvers"},
        description="What the run is labelled with; lab: the practice internet",
    ),
    "server_rate": Param(
        None, type=["null", "number"], minimum=0.1, maximum=1_000_000, title="Pace at one server",
        section=WHOM,
        description="Questions a second to any one name server asked directly, for the whole run. "
        "Empty: DNSTATS_SERVER_RATE (20)",
    ),
    "network_rate": Param(
        None, type=["null", "number"], minimum=0, maximum=1_000_000, title="Pace at one network",
        section=WHOM,
        description="Questions a second to all name servers of one network (/24, /48) together, "
        "for the whole run; 0: no ceiling. Empty: DNSTATS_NETWORK_RATE (200)",
    ),
    "resolver_rate": Param(
        None, type=["null", "number"], minimum=0, maximum=1_000_000, title="Pace at the resolvers",
        section=WHOM,
        description="Questions a second to the resolvers, for the whole run; 0: no ceiling. "
        "Empty: DNSTATS_RESOLVER_RATE",
    ),
}  # fmt: skip

SITES = Asset(name="dnstats_sites", uri="dnstats://sites")

SETTINGS = settings.load()
# "never" while `make run` tries one run.
SCHEDULES: dict[str, Any] = {"never": None, "after list": [SITES]}
SCHEDULE = SETTINGS["DNSTATS_SCHEDULE"]

# The instance's own argument: known before the task begins, and still when it fails.
CHUNK_LABEL = "{{ ti.task.op_args[0]['label'] }}"


def skip_dry_run() -> None:
    """A dry run has nothing to mail, and ends green."""
    if get_current_context()["params"]["dry_run"]:
        raise AirflowSkipException("A dry run: the log of create_run says what would be asked.")


@dag(
    dag_id="daily_scan",
    description="Asks DNS about every site of the list, reads, grades and mails",
    # No start_date: with one, Airflow would begin the last 08:00 that it missed as soon as the DAG
    # is let run.
    schedule=SCHEDULES.get(SCHEDULE, SCHEDULE),
    catchup=False,
    max_active_runs=1,
    params=PARAMS,
    doc_md=__doc__,
    tags=["dnstats"],
    on_failure_callback=tell_failure("run_failed"),
    on_success_callback=end_of_run,
    deadline=deadline("run_late", SETTINGS["DNSTATS_DEADLINE"], SETTINGS["DNSTATS_DEADLINE_HOURS"]),
    default_args={
        "owner": "DNStats",
        "retries": 2,
        "retry_delay": dt.timedelta(seconds=15),
        "retry_exponential_backoff": True,
        "max_retry_delay": dt.timedelta(minutes=10),
        "weight_rule": "absolute",
    },
)
def daily_scan() -> None:
    """The six boxes; the work is in dnstats.tasks.

    Each box imports its work when it runs: every task process parses this file, and the scan
    engine, Parquet and the templates would cost each of them a second.
    """

    @task(execution_timeout=dt.timedelta(minutes=30))
    @noted
    @not_again
    def create_run() -> list[ChunkName]:
        from dnstats.tasks.create_run import create_run
        from dnstats.tasks.plan_run import plan_run
        from dnstats.tasks.reread_run import reread_run
        from dnstats.tasks.run_request import read_request, refuse_dry_backfill

        context = get_current_context()
        run = context["dag_run"]
        now = dt.datetime.now(dt.UTC)
        settle()
        if run.run_type == "backfill":
            refuse_dry_backfill(context["params"])
            day = context["logical_date"].date()
            return reread_run(database(), settings.load(), dag_run_id=run.run_id, day=day, now=now)
        request = read_request(context["params"], settings.load())
        if context["params"]["dry_run"]:
            plan_run(database(), settings.load(), request, max_chunks=max_chunks())
            return []
        return create_run(
            database(),
            settings.load(),
            request,
            dag_run_id=run.run_id,
            now=now,
            max_chunks=max_chunks(),
        )

    @task(execution_timeout=dt.timedelta(minutes=5))
    @noted
    def notify_start(chunks: list[ChunkName]) -> None:
        from dnstats.tasks.notify_start import notify_start

        skip_dry_run()
        notify_start(database(), settings.load(), chunks, smtp_server())

    # Later stages have the higher priority: finish a chunk before beginning another.
    @task(
        pool="scan", queue="scan", priority_weight=1, map_index_template=CHUNK_LABEL,
        on_failure_callback=tell_first_failed_chunk,
        execution_timeout=dt.timedelta(hours=3),
    )  # fmt: skip
    @noted
    @not_again
    def scan_chunk(chunk: ChunkName) -> ChunkName:
        from dnstats.tasks.scan_chunk import scan_chunk

        return scan_chunk(database(), settings.load(), chunk, now=dt.datetime.now(dt.UTC))

    @task(
        priority_weight=2, map_index_template=CHUNK_LABEL,
        on_failure_callback=tell_first_failed_chunk,
        execution_timeout=dt.timedelta(minutes=30),
    )  # fmt: skip
    @noted
    @not_again
    def process_chunk(chunk: ChunkName) -> ChunkName:
        from dnstats.tasks.process_chunk import process_chunk

        return process_chunk(database(), settings.load(), chunk)

    @task(
        priority_weight=3, map_index_template=CHUNK_LABEL,
        on_failure_callback=tell_first_failed_chunk,
        execution_timeout=dt.timedelta(minutes=30),
    )  # fmt: skip
    @noted
    @not_again
    def grade_chunk(chunk: ChunkName) -> ChunkName:
        from dnstats.tasks.grade_chunk import grade_chunk

        return grade_chunk(database(), chunk)

    @task(
        trigger_rule=TriggerRule.ALL_DONE, outlets=[RUN],
        execution_timeout=dt.timedelta(minutes=15),
    )  # fmt: skip
    @noted
    @not_again
    def notify_done() -> int:
        from dnstats.tasks.notify_done import notify_done

        skip_dry_run()
        context = get_current_context()
        run = context["dag_run"]
        try:
            run_id = notify_done(
                database(),
                settings.load(),
                run.run_id,
                smtp_server(),
                webhook=alert_webhook(),
                now=dt.datetime.now(dt.UTC),
            )
        except Refused:
            told(run.dag_id, run.run_id)
            raise
        context["outlet_events"][RUN].extra = {"run_id": run_id}
        return run_id

    @task_group(prefix_group_id=False)
    def each_chunk(chunk: ChunkName) -> None:
        grade_chunk(process_chunk(scan_chunk(chunk)))

    chunks = create_run()
    notify_start(chunks) >> each_chunk.expand(chunk=chunks) >> notify_done()


daily_scan()
