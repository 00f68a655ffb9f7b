"""### Publish the report of a run

Follows the asset `dnstats_run`, which `daily_scan` updates when enough was measured. Trigger it by
hand to write the pages of a run again.
"""

from __future__ import annotations

import datetime as dt

from airflow.sdk import Asset, Param, dag, get_current_context, task
from airflow_means import database, not_again
from alerting import end_of_run, noted, tell_failure
from dnstats import settings

RUN = Asset(name="dnstats_run", uri="dnstats://run")


@dag(
    dag_id="publish_report",
    description="Writes the pages of a run that measured enough",
    schedule=[RUN],
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=1,
    params={
        "run_id": Param(
            None, type=["null", "integer"], minimum=1, title="Run",
            description="Number of the run (runs.id); empty: the one that was just done",
        )
    },
    doc_md=__doc__,
    tags=["dnstats"],
    on_failure_callback=tell_failure("report_failed"),
    on_success_callback=end_of_run,
    default_args={"owner": "DNStats", "retries": 2, "retry_delay": dt.timedelta(seconds=15)},
)  # fmt: skip
def publish_report_dag() -> None:
    """One box."""

    @task(execution_timeout=dt.timedelta(hours=2))
    @noted
    @not_again
    def publish_report() -> str:
        from dnstats.tasks.publish_report import publish_report

        context = get_current_context()
        events = context["triggering_asset_events"]
        triggering = events[RUN] if RUN in events else []  # noqa: SIM401  (no Mapping)
        run_id = context["params"]["run_id"] or (
            triggering[-1].extra["run_id"] if triggering else None
        )
        return str(publish_report(database(), settings.load(), run_id))

    publish_report()


publish_report_dag()
