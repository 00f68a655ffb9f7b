"""What DNStats adds to Airflow: a run's report, a chunk's archive file, links to them, deadlines.

The one file that Airflow loads as a plugin, in all of its processes: the pages' own imports wait
for the first request. Everything served here asks for Airflow's login; nothing is changed here.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import BaseOperatorLink
from airflow.sdk.definitions.deadline import BaseDeadlineReference

if TYPE_CHECKING:
    from fastapi import FastAPI

PREFIX = "/dnstats"
CHUNK_TASKS = ("scan_chunk", "process_chunk", "grade_chunk")
# The page is ours, but what it shows comes from everybody: no script of it ever runs. That is why
# it may have its own origin: without it no link and no form inside Airflow's frame has the login.
# A form may only look up a site.
REPORT_HEADERS = {
    "Content-Security-Policy": "sandbox allow-same-origin allow-forms allow-popups "
    "allow-popups-to-escape-sandbox allow-downloads allow-top-navigation-by-user-activation; "
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action {look_up}",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


def address(path: str) -> str:
    """The URL of one of our pages."""
    base = str(conf.get("api", "base_url", fallback="")).rstrip("/")
    return f"{base}{PREFIX}/{path}"


def report_headers(look_up: str) -> dict[str, str]:
    """What a page of a report may do; `look_up`: where its forms may lead."""
    return {name: value.replace("{look_up}", look_up) for name, value in REPORT_HEADERS.items()}


class ReportLink(BaseOperatorLink):
    """From a task of a run to the run's report; from publish_report to the newest."""

    name = "Report"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002
        """The report's address, or nothing for a task of another DAG."""
        if ti_key.dag_id == "daily_scan":
            return address(f"run/{quote(ti_key.run_id, safe='')}/report")
        return address("newest") if ti_key.dag_id == "publish_report" else ""


class ArchiveLink(BaseOperatorLink):
    """From a task of a chunk to the chunk's file of answers."""

    name = "Archive file"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002
        """The file's address, or nothing for a task that is of no chunk."""
        if ti_key.dag_id != "daily_scan" or ti_key.task_id not in CHUNK_TASKS:
            return ""
        return address(f"run/{quote(ti_key.run_id, safe='')}/archive/{ti_key.map_index}")


def build() -> FastAPI:
    """The pages."""
    from airflow.api_fastapi.core_api.security import get_user
    from airflow.providers.postgres.hooks.postgres import PostgresHook
    from dnstats import archive, settings
    from dnstats.db.connect import open_database
    from dnstats.db.queries import chunk_archive, run_home
    from dnstats.report.newest import newest_page
    from dnstats.report.one_site import site_page
    from dnstats.report.publishing import LOOK_UP, PAGE, find_file, report_home, why_none
    from fastapi import Depends, FastAPI, HTTPException
    from fastapi.responses import (
        FileResponse,
        HTMLResponse,
        RedirectResponse,
        Response,
        StreamingResponse,
    )

    app = FastAPI(dependencies=[Depends(get_user)], docs_url=None, redoc_url=None, openapi_url=None)

    def ask(question: Callable[..., Any], *arguments: Any) -> Any:
        with open_database(PostgresHook("dnstats_db").get_uri()).connect() as connection:
            found = question(connection, *arguments)
        if found is None:
            raise HTTPException(404, "Airflow's run has no such part in the results' database")
        return found

    @app.get("/run/{dag_run_id}/report")
    def report_of_run(dag_run_id: str) -> RedirectResponse:
        run = ask(run_home, dag_run_id)
        page = f"{report_home(run.day, run.run_id)}/{PAGE}"
        if find_file(settings.load().reports, page) is None:
            raise HTTPException(
                404, f"Run {run.run_id} has no report: {why_none(run.state, run.ended_at)}"
            )
        return RedirectResponse(address(f"report/{page}"))

    @app.get("/run/{dag_run_id}/archive/{number}")
    def archive_file(dag_run_id: str, number: int) -> StreamingResponse:
        path = ask(chunk_archive, dag_run_id, number)
        try:
            content = archive.chunk_bytes(settings.load().archive, path)
        except archive.BadArchive as fault:
            raise HTTPException(404, str(fault)) from None
        name = "-".join(path.split("/")[-2:])
        return StreamingResponse(
            content,
            media_type="application/vnd.apache.parquet",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    @app.get("/newest")
    def newest_report() -> RedirectResponse:
        path = newest_page(settings.load().reports)
        if path is None:
            raise HTTPException(404, "No report was published yet")
        return RedirectResponse(address(f"report/{path}"))

    @app.get("/report/{path:path}", response_model=None)
    def report_file(path: str, domain: str = "") -> Response:
        page = find_file(settings.load().reports, path)
        if page is None:
            raise HTTPException(
                404,
                "There is no report here: its run is under way, was interrupted, or measured too "
                "little",
            )
        if page.name != LOOK_UP:
            return FileResponse(page, headers=report_headers("'none'"))
        # The report's own look-up is a script, and scripts do not run here.
        try:
            text = site_page(page.parent, domain, LOOK_UP)
        except LookupError as fault:
            raise HTTPException(404, f"The look-up of this report is gone: {fault}") from None
        return HTMLResponse(text, headers=report_headers("'self'"))

    return app


class RunDue(BaseDeadlineReference):
    """When a run is late, as dnstats.tasks.deadline has it. `by`: HH:MM in UTC.

    Airflow keeps it with the DAG as JSON, and asks it whenever a run is made.
    """

    required_kwargs = {"dag_id", "run_id"}  # noqa: RUF012

    def __init__(self, by: str = "18:00", hours: float = 10.0) -> None:
        self.by, self.hours = by, hours

    def serialize_reference(self) -> dict[str, Any]:
        """As Airflow keeps it; its pages say "must complete within a few seconds of" the type."""
        said = f"its deadline ({self.by} UTC; by hand or backfill, after {self.hours:g} h)"
        return {"reference_type": said, "by": self.by, "hours": self.hours}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> RunDue:
        """Back from what Airflow kept."""
        return cls(reference_data["by"], reference_data["hours"])

    def _evaluate_with(self, *, session: Any, dag_id: str, run_id: str) -> dt.datetime | None:
        from airflow.models import DagRun
        from dnstats.tasks.deadline import due
        from sqlalchemy import select

        run = session.execute(
            select(DagRun.run_type, DagRun.run_after, DagRun.queued_at).where(
                DagRun.dag_id == dag_id, DagRun.run_id == run_id
            )
        ).one_or_none()
        if run is None:
            return None
        by = dt.time.fromisoformat(self.by)
        return due(str(run.run_type), run.run_after, run.queued_at, by=by, hours=self.hours)


class Pages:
    """The pages as an ASGI application that is built when it is first asked."""

    def __init__(self) -> None:
        self._app: FastAPI | None = None

    async def __call__(
        self,
        scope: Any,
        receive: Callable[..., Awaitable[Any]],
        send: Callable[..., Awaitable[Any]],
    ) -> None:
        if self._app is None:
            self._app = build()
        await self._app(scope, receive, send)


class DnstatsPlugin(AirflowPlugin):
    """Tells Airflow of the above."""

    name = "dnstats"
    deadline_references = [RunDue]  # noqa: RUF012
    fastapi_apps = [{"app": Pages(), "url_prefix": PREFIX, "name": "dnstats"}]  # noqa: RUF012
    global_operator_extra_links = [ReportLink(), ArchiveLink()]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "DNStats",
            "href": f"{PREFIX.lstrip('/')}/newest",
            "destination": "nav",
            "url_route": "dnstats-report",
        }
    ]
