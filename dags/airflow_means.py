"""Airflow's means in the terms of the tasks: connections, the run, and what not to try again.

Not a DAG: .airflowignore keeps the dag-processor from reading it as one.
"""

from __future__ import annotations

import datetime as dt
import functools
import logging
from collections.abc import Callable
from typing import Any

from airflow.configuration import conf
from airflow.exceptions import AirflowException
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import BaseHook, get_current_context
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException
from dnstats.db.connect import open_database
from dnstats.notify import delivery
from dnstats.notify import webhook as hooks
from dnstats.settings import BadSetting
from dnstats.tasks.chunk_name import Refused
from sqlalchemy import Engine

log = logging.getLogger(__name__)


def database() -> Engine:
    """The database behind the connection `dnstats_db`."""
    return open_database(PostgresHook("dnstats_db").get_uri())


def smtp_server() -> delivery.SmtpServer | None:
    """The mail server behind the connection `smtp_default`; None when there is none."""
    connection = _connection("smtp_default")
    return connection and delivery.smtp_server(
        connection.host,
        connection.port,
        connection.login,
        connection.password,
        connection.extra_dejson,
    )


def alert_webhook() -> hooks.Webhook | None:
    """Slack, or another webhook, behind the connection `dnstats_alert`; None when there is none."""
    connection = _connection("dnstats_alert")
    return connection and hooks.webhook(
        connection.conn_type,
        connection.host,
        connection.port,
        connection.schema,
        connection.login,
        connection.password,
        connection.extra_dejson,
    )


def _connection(name: str) -> Any:
    """Airflow's connection of that name; None when there is none."""
    try:
        return BaseHook.get_connection(name)
    except (AirflowNotFoundException, AirflowException):
        return None


def settle() -> None:
    """Runs that say `running` and that Airflow has ended are marked; a fault here stops nobody."""
    from dnstats.tasks.settle_runs import settle_runs

    # Within a task, which may ask of any run; a callback may not.
    task = get_current_context()["ti"]

    def is_under_way(dag_id: str, run_id: str) -> bool:
        states = ["queued", "running"]
        return bool(task.get_dr_count(dag_id=dag_id, run_ids=[run_id], states=states))

    try:
        settle_runs(database(), is_under_way, now=dt.datetime.now(dt.UTC))
    except Exception:
        log.exception("cannot tell whether runs that say that they are running are")


def max_chunks() -> int:
    """How many instances Airflow maps one task to at most."""
    return int(conf.getint("core", "max_map_length"))


def not_again(work: Callable[..., Any]) -> Callable[..., Any]:
    """What cannot be done as asked for fails at once: trying again would change nothing."""

    @functools.wraps(work)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return work(*args, **kwargs)
        except (Refused, BadSetting) as fault:
            raise AirflowFailException(str(fault)) from None

    return run
