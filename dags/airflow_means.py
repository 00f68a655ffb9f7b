"""Airflow's means in the terms of the tasks: connections, the run, and what not to try again.

Not a DAG: .airflowignore keeps the dag-processor from reading it as one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from airflow.configuration import conf
from airflow.exceptions import AirflowException
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException
from dnstats.db.connect import open_database
from dnstats.notify import delivery
from dnstats.notify import webhook as hooks
from dnstats.settings import BadSetting
from dnstats.tasks.chunk_name import Refused
from sqlalchemy import Engine


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
