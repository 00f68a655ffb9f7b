"""The whole stack once a session: PostgreSQL, the lab, Airflow with its scheduler and executor.

A folder of its own under the temporary one, ports from the kernel, the mails at a real SMTP server
(STARTTLS and login), the alerts at a real webhook. What a test does here goes through Airflow's
REST API or a signal.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from dnstats import settings
from dnstats.db.connect import open_database
from dnstats.db.models import Chunk, Grade, Incident, Remark, Run, SiteRun
from dnstats.lab.world import truth
from dnstats.stack import watching
from dnstats.stack.airflow_api import AirflowApi, Refused, Unreachable
from dnstats.stack.keeping import Keeper
from dnstats.stack.owner import Order, Owner
from dnstats.stack.places import Places
from dnstats.stack.postgres import Cluster
from dnstats.stack.run import await_dag, prepare
from rehearsal.drive import without_clock
from rich.console import Console

from tests.lists.servers import write_certificate
from tests.notify.test_alert import listening
from tests.notify.test_delivery import Postbox, with_login

SEED = "1"
SITES, CHUNK = 60, 20
SECONDS = 900.0  # nothing takes as long: the limit of a test that fails
SCAN = "daily_scan"
SMTP_LOGIN, SMTP_PASSWORD = "dnstats", "a-password-of-the-mail-server"


class QuickOwner(Owner):
    """As it is, but what waits Airflow's own five minutes for another try waits a second.

    Any port: beside it, tests of other checkouts may be starting.
    """

    wanted_port = 0

    def _environment(self, port: int, choice: Any) -> dict[str, str]:
        quick = {"AIRFLOW__CORE__DEFAULT_TASK_RETRY_DELAY": "1"}
        return super()._environment(port, choice) | quick


class Stack:
    """A stack that runs, and how a test speaks with it."""

    def __init__(self, owner: Owner, api: AirflowApi, postbox: Postbox, hook: Any) -> None:
        self.owner, self.api, self.postbox, self.hook = owner, api, postbox, hook
        self.lists = owner.places.var / "lists"
        self.keeper = Keeper(owner, api, lambda _: None)

    @property
    def database(self) -> sa.Engine:
        """The results (the server may have been started anew, on another port)."""
        return open_database(self.owner.cluster.url("dnstats"))

    @property
    def archive(self) -> Path:
        """The folder of the answers."""
        return self.owner.places.var / "archive"

    def trigger(self, sites: list[str], chunk: int = CHUNK, **conf: Any) -> str:
        """Start a run over these sites."""
        self.lists.mkdir(exist_ok=True)
        path = self.lists / f"{time.time_ns()}.csv"
        path.write_text("".join(f"{rank},{site}\n" for rank, site in enumerate(sites, 1)))
        assert self.owner.lab is not None
        given = {"chunk_size": chunk, "site_list": str(path), "dns": "lab",
                 "resolvers": list(self.owner.lab.resolvers[:1]),
                 "direct_port": self.owner.lab.direct_port, **conf}  # fmt: skip
        return self.api.trigger(SCAN, given, "test")

    def follow(self, run_id: str, dag_id: str = SCAN, seconds: float = SECONDS) -> str:
        """Wait for the run's end."""
        return str(self.until(lambda: self._ended(dag_id, run_id), seconds))

    def _ended(self, dag_id: str, run_id: str) -> str | None:
        state = self.api.run(dag_id, run_id)["state"]
        return state if state in ("success", "failed") else None

    def until(self, found: Callable[[], Any], seconds: float = SECONDS) -> Any:
        """What `found` finds, asked again until it is something; Airflow may be away meanwhile."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(Unreachable, Refused):  # 500 while its database is away
                if value := found():
                    return value
            self.keeper.tend()
            time.sleep(0.3)
        raise AssertionError(f"nothing after {seconds:.0f} s: {self.states()}")

    def states(self) -> dict[str, str]:
        """The states of all runs, for a failing test."""
        runs = self.api.call("GET", f"/dags/{SCAN}/dagRuns")["dag_runs"]
        return {run["dag_run_id"]: run["state"] for run in runs}

    def tasks(self, run_id: str, task_id: str, dag_id: str = SCAN) -> dict[int, dict[str, Any]]:
        """A task's instances by map index."""
        found = self.api.task_instances(dag_id, run_id)
        return {task["map_index"]: task for task in found if task["task_id"] == task_id}

    def clear(self, run_id: str, *tasks: tuple[str, int]) -> list[tuple[str, int]]:
        """Clear instances with all that is downstream; says which were cleared."""
        cleared = self.api.clear(SCAN, run_id, tasks)
        return sorted((task["task_id"], task["map_index"]) for task in cleared)

    def until_told(self, run_id: str) -> None:
        """Wait until the run's own callback came, which is the last that sends anything."""

        def is_over() -> bool:
            with self.database.connect() as connection:
                return not connection.scalar(
                    sa.select(sa.func.count()).where(Incident.dag_run_id == run_id)
                )

        self.until(is_over)

    def running_scan(self, run_id: str) -> Callable[[], dict[str, Any] | None]:
        """Finds a scan that has begun, with its process."""
        return self.running(run_id, "scan_chunk")

    def running(
        self, run_id: str, task_id: str, dag_id: str = SCAN, but: set[int] | None = None
    ) -> Callable[[], dict[str, Any] | None]:
        """Finds an instance of a task that has begun, with its process; `but`: not those pids."""

        def find() -> dict[str, Any] | None:
            for task in self.tasks(run_id, task_id, dag_id).values():
                if task["state"] == "running" and task["pid"] and task["pid"] not in (but or ()):
                    return task
            return None

        return find

    @contextlib.contextmanager
    def let_run(self, *dag_ids: str) -> Iterator[None]:
        """These DAGs are let run meanwhile."""
        for dag_id in dag_ids:
            await_dag(self.api, dag_id, lambda: None)
            self.api.set_paused(dag_id, False)
        try:
            yield
        finally:
            for dag_id in dag_ids:
                self.api.set_paused(dag_id, True)

    @contextlib.contextmanager
    def slow_mail(self) -> Iterator[None]:
        """The mail server takes no mail to its end: a task that sends one is in its middle."""
        self.postbox.is_slow = True
        try:
            yield
        finally:
            self.postbox.is_slow = False

    @contextlib.contextmanager
    def silent_dns(self) -> Iterator[None]:
        """The practice internet says nothing: a scan that begins now is in its middle."""
        assert self.owner.lab is not None
        self.owner.lab.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.owner.lab.process.send_signal(signal.SIGCONT)

    def rows(self, run_id: str) -> dict[str, list[str]]:
        """All that the run says about sites, without its number and the hour it was asked."""
        with self.database.connect() as connection:
            number = connection.scalar(sa.select(Run.id).where(Run.dag_run_id == run_id))
            found = {
                model.__tablename__: sorted(
                    str([without_clock(value) for value in row])
                    for row in connection.execute(
                        sa.select(*(c for c in model.__table__.columns if c.name != "run_id"))
                        .where(model.__table__.c.run_id == number)
                    )
                )
                for model in (SiteRun, Grade, Remark)
            }  # fmt: skip
        assert all(found.values()), {name: len(rows) for name, rows in found.items()}
        return found

    def chunks(self, run_id: str) -> list[Any]:
        """The run's chunks with their archive files and times."""
        with self.database.connect() as connection:
            query = (
                sa.select(Chunk.__table__, Run.id, Run.state, Run.day)
                .join(Run, Run.id == Chunk.run_id)
                .where(Run.dag_run_id == run_id)
                .order_by(Chunk.number)
            )
            return list(connection.execute(query))

    def mails(self, run_id: str, word: str = "") -> list[EmailMessage]:
        """The mails about a run with that word in their subject."""
        return [
            mail
            for mail in list(self.postbox.mails)
            if word in mail["Subject"] and run_id in plain(mail)
        ]


def plain(mail: EmailMessage, kind: str = "plain") -> str:
    """A mail's text."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def sites_that(say: Callable[[Any], bool], count: int) -> list[str]:
    """Sites of the practice internet of which this is true."""
    names = (f"site{n}.{tld}" for n in range(100_000) for tld in ("com", "net", "de", "org"))
    found = (name for name in names if say(truth(int(SEED), name)))
    return [next(found) for _ in range(count)]


def is_answered(known: Any) -> bool:
    """Whether every question about it is answered at once: then no test waits for a time limit."""
    return known.fate in ("ok", "nxdomain") and not known.unanswered and known.dnssec != "bogus"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The stack, healthy, with every DAG let run."""
    var = Path(tempfile.mkdtemp(prefix="dnstats-live-"))
    var.chmod(0o755)  # PostgreSQL, which does not run as root, passes through it
    places = Places(settings.ROOT, var, settings.ROOT / "dags")
    failing = [*sites_that(lambda known: known.fate == "servfail", 12)]
    answered = sites_that(is_answered, SITES)
    known, listed = var / "lab_sites.csv", var / "sites.csv"
    for path, sites in ((known, answered + failing), (listed, answered)):
        path.write_text("".join(f"{n},{site}\n" for n, site in enumerate(sites, 1)))
    hour = (dt.datetime.now(dt.UTC).hour + 12) % 24  # on, so that days can be backfilled; not now
    postbox, certificate = Postbox(), var / "mail.pem"
    with contextlib.ExitStack() as opened:
        write_certificate(certificate)
        smtp = opened.enter_context(with_login(postbox, certificate, SMTP_LOGIN, SMTP_PASSWORD))
        hook = opened.enter_context(listening())
        changed = {
            "AIRFLOW_CONN_SMTP_DEFAULT": json.dumps(
                {
                    "conn_type": "smtp",
                    "host": "127.0.0.1",
                    "port": smtp,
                    "login": SMTP_LOGIN,
                    "password": SMTP_PASSWORD,
                    "extra": {"disable_ssl": True},
                }
            ),
            "SSL_CERT_FILE": str(certificate),
            "AIRFLOW_CONN_DNSTATS_ALERT": f"http://127.0.0.1:{hook.server_port}",
            "DNSTATS_MAIL_TO": "operator@example.org",
            "DNSTATS_SCHEDULE": f"0 {hour} * * *",
            "DNSTATS_SITE_LIST": str(listed),  # of runs that nobody triggers
            "DNSTATS_DEADLINE_HOURS": "0.001",  # every run that a test triggers is late
        }
        opened.enter_context(environment(changed))
        owner = QuickOwner(places, Order("lab", True, known, None, SEED), "up", lambda _: None)
        try:
            state = owner.start()
            api = AirflowApi(state.address, owner.secrets.admin_password)
            opened.enter_context(contextlib.closing(api))
            prepare(api, Console(quiet=True), fresh=False, check=owner.check)
            yield Stack(owner, api, postbox, hook)
        finally:
            owner.stop()
            Cluster(places.postgres).destroy()
            shutil.rmtree(var, ignore_errors=True)


@contextlib.contextmanager
def environment(changed: Mapping[str, str]) -> Iterator[None]:
    """These variables, and no other setting of ours."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(("DNSTATS_", "AIRFLOW_"))]:
        del os.environ[name]
    os.environ.update(changed)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def first_run(stack: Stack) -> str:
    """An undisturbed run over sites that all answer; its name."""
    run_id = stack.trigger(sites_that(is_answered, SITES))
    assert stack.follow(run_id) == "success", watching.failures(stack.api, SCAN, run_id)
    return run_id
