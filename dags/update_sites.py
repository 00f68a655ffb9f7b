"""### Bring in the newest site list

`notify_list_start -> import_sites -> offer_sites -> notify_list_done`

| task | what it does | clear it to |
|---|---|---|
| `notify_list_start` | mails where the list is fetched, and which one stands till then | |
| `import_sites` | fetches, checks and imports the list, compares it with the last | try again |
| `offer_sites` | says which list scans take now; updates the asset `dnstats_sites` | |
| `notify_list_done` | mails what was new, gone and moved; fails the run when no list was taken | |

A download that is short, cut off, HTML or late replaces nothing: the old list stands, and a scan
that follows the asset goes on with it. The same list again is not imported again. To take a list
that is shorter on purpose, trigger this with `at_least`.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import Asset, Param, TriggerRule, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowException, AirflowSkipException
from airflow_means import alert_webhook, database, not_again, smtp_server
from alerting import end_of_run, noted, tell_failure, told
from dnstats import settings
from dnstats.tasks.chunk_name import Refused

SITES = Asset(name="dnstats_sites", uri="dnstats://sites")

PARAMS = {
    "source": Param(
        None, type=["null", "string"], title="Source",
        description="CSV of rank,domain (plain, .gz, .zip), a URL or a file. "
        "Empty: DNSTATS_LIST_SOURCE, which is Tranco's daily list",
    ),
    "at_least": Param(
        None, type=["null", "integer"], minimum=1, maximum=1_000_000_000, title="At least",
        description="Sites that the list must have. Empty: DNSTATS_LIST_AT_LEAST, and nine tenths "
        "of the last list. A number here is the only measure",
    ),
}  # fmt: skip


@dag(
    dag_id="update_sites",
    description="Fetches the newest list of sites, checks and imports it",
    schedule="1 1 * * *",
    catchup=False,
    max_active_runs=1,
    params=PARAMS,
    doc_md=__doc__,
    tags=["dnstats"],
    on_failure_callback=tell_failure("list_missing"),
    on_success_callback=end_of_run,
    # A server that is down is often back a quarter of an hour later: Airflow's own delay is 5 min.
    default_args={"owner": "DNStats", "retries": 3},
)
def update_sites() -> None:
    """Four boxes; the work is in dnstats.tasks and dnstats.lists."""

    @task(execution_timeout=dt.timedelta(minutes=5))
    @noted
    @not_again
    def notify_list_start() -> None:
        from dnstats.tasks.notify_list_start import notify_list_start
        from dnstats.tasks.update_request import read_update_request

        context = get_current_context()
        notify_list_start(
            database(),
            settings.load(),
            read_update_request(context["params"], settings.load()),
            smtp_server(),
            dag_run_id=context["dag_run"].run_id,
        )

    @task(execution_timeout=dt.timedelta(minutes=30))
    @noted
    @not_again
    def import_sites() -> int:
        from dnstats.lists.reading import BadList
        from dnstats.tasks.import_sites import import_sites
        from dnstats.tasks.update_request import read_update_request

        context = get_current_context()
        try:
            return import_sites(
                database(),
                settings.load(),
                read_update_request(context["params"], settings.load()),
                dag_run_id=context["dag_run"].run_id,
                now=dt.datetime.now(dt.UTC),
            )
        except BadList as fault:
            raise AirflowException(str(fault)) from None

    @task(
        trigger_rule=TriggerRule.ALL_DONE, outlets=[SITES],
        execution_timeout=dt.timedelta(minutes=5),
    )  # fmt: skip
    @noted
    def offer_sites() -> int:
        from dnstats.tasks.offer_sites import offer_sites

        list_id = offer_sites(database())
        if list_id is None:
            raise AirflowSkipException("No list was ever taken: there is none to follow.")
        get_current_context()["outlet_events"][SITES].extra = {"site_list_id": list_id}
        return list_id

    @task(trigger_rule=TriggerRule.ALL_DONE, execution_timeout=dt.timedelta(minutes=5))
    @noted
    @not_again
    def notify_list_done() -> None:
        from dnstats.tasks.notify_list_done import notify_list_done

        run = get_current_context()["dag_run"]
        try:
            notify_list_done(
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

    notify_list_start() >> import_sites() >> offer_sites() >> notify_list_done()


update_sites()
