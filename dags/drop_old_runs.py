"""### Drop what is kept no longer

Every day at 05:05 UTC: archived answers after DNSTATS_KEEP_ANSWERS days, rows (site_runs, grades,
remarks) after DNSTATS_KEEP_ROWS days, and the ranks of site lists that no kept run uses. Partitions
are dropped and files removed; nothing of a kept run is touched, and what goes on keeps what it
reads. The row of every run, its summary, the counts of its chunks and its report stay for ever.

**Triggered by hand it is a dry run** unless `dry_run` is taken away: the log says what would be
dropped, and how large it is. The schedule drops. Clearing it is harmless: what is gone is gone.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import Param, dag, get_current_context, task
from airflow_means import database, not_again, settle, smtp_server
from alerting import end_of_run, noted, tell_failure
from dnstats import settings

PARAMS = {
    "keep_answers": Param(
        None, type=["null", "integer"], minimum=2, maximum=36_500, title="Days of answers",
        description="Archived answers of older days are removed. Empty: DNSTATS_KEEP_ANSWERS (365)",
    ),
    "keep_rows": Param(
        None, type=["null", "integer"], minimum=2, maximum=36_500, title="Days of rows",
        description="Rows of runs made before are dropped. Empty: DNSTATS_KEEP_ROWS (90)",
    ),
    "dry_run": Param(
        True, type="boolean", title="Dry run",
        description="Only say what would be dropped. Concerns runs by hand: the schedule drops",
    ),
}  # fmt: skip


@dag(
    dag_id="drop_old_runs",
    description="Drops answers, rows and lists that are kept no longer",
    schedule="5 5 * * *",
    catchup=False,
    max_active_runs=1,
    params=PARAMS,
    doc_md=__doc__,
    tags=["dnstats"],
    on_failure_callback=tell_failure("drop_failed"),
    on_success_callback=end_of_run,
    default_args={"owner": "DNStats", "retries": 2, "retry_delay": dt.timedelta(minutes=10)},
)
def drop_old_runs_dag() -> None:
    """One box."""

    @task(execution_timeout=dt.timedelta(hours=3))
    @noted
    @not_again
    def drop_old_runs() -> int:
        from dnstats.tasks.drop_old_runs import drop_old_runs
        from dnstats.tasks.drop_request import read_drop_request

        context = get_current_context()
        is_manual = context["dag_run"].run_type == "manual"
        request = read_drop_request(context["params"], settings.load(), is_manual=is_manual)
        settle()  # what was interrupted keeps nothing
        drops = drop_old_runs(
            database(), settings.load(), request, smtp_server(), now=dt.datetime.now(dt.UTC)
        )
        return len(drops)

    drop_old_runs()


drop_old_runs_dag()
