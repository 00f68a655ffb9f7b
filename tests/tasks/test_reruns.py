"""Whatever is cleared and run again, the same rows stand, and the summary and report follow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from dnstats import archive
from dnstats.db.models import Grade, Remark, Run, SiteRun
from dnstats.settings import Settings
from dnstats.tasks import grade_chunk as grading
from dnstats.tasks import scan_chunk as scanning
from dnstats.tasks.chunk_name import ChunkName, Refused, begin_stage
from dnstats.tasks.grade_chunk import grade_chunk
from dnstats.tasks.notify_done import notify_done
from dnstats.tasks.process_chunk import process_chunk
from dnstats.tasks.publish_report import publish_report
from dnstats.tasks.scan_chunk import scan_chunk

from tests.tasks.conftest import NOW

Start = Callable[..., list[ChunkName]]

OF_THE_SCAN = {
    "highest_rate", "highest_rate_server", "highest_network_rate", "highest_rate_network",
    "controlled", "control_differs",
}  # fmt: skip
"""Figures on how a scan went: another scan of the same sites has its own."""


class Flow:
    """The boxes after create_run, as Airflow calls them."""

    def __init__(self, engine: sa.Engine, settings: Settings) -> None:
        self.engine, self.settings = engine, settings

    def scan(self, chunk: ChunkName) -> None:
        scan_chunk(self.engine, self.settings, chunk, now=NOW)
        self.process(chunk)

    def process(self, chunk: ChunkName) -> None:
        process_chunk(self.engine, self.settings, chunk)
        self.grade(chunk)

    def grade(self, chunk: ChunkName) -> None:
        grade_chunk(self.engine, chunk)

    def end(self) -> tuple[dict[str, Any], dict[str, bytes]]:
        """The summary and the files of the report."""
        run_id = notify_done(self.engine, self.settings, "manual__1", None, now=NOW)
        home = publish_report(self.engine, self.settings, run_id).parent
        with self.engine.connect() as connection:
            summary = connection.scalar(sa.select(Run.summary).where(Run.id == run_id))
        assert summary is not None
        files = sorted(path for path in home.rglob("*") if path.is_file())
        return summary, {str(path.relative_to(home)): path.read_bytes() for path in files}

    def state(self, *, is_asked_again: bool) -> tuple[Any, ...]:
        """Rows, summary and report, without what only tells how the scan went."""
        summary, report = self.end()
        if is_asked_again:
            summary = {name: value for name, value in summary.items() if name not in OF_THE_SCAN}
            for told in ("index.html", "figures.json", "manifest.json"):  # how fast it asked
                report.pop(told)
        return self.rows(), summary, report

    def rows(self) -> dict[str, list[str]]:
        with self.engine.connect() as connection:
            return {
                table.name: sorted(map(str, connection.execute(sa.select(table))))
                for table in (SiteRun.__table__, Grade.__table__, Remark.__table__)
            }


@pytest.fixture
def flow(engine: sa.Engine, lab_settings: Settings) -> Flow:
    lenient = {"DNSTATS_GATE": "0", "DNSTATS_VAR": str(lab_settings.var)}
    names = ("DNSTATS_RESOLVERS", "DNSTATS_SECOND_RESOLVERS")
    environ = {name: ",".join(lab_settings[name]) for name in names}
    same = ("DNSTATS_DIRECT_PORT", "DNSTATS_TIMEOUT", "DNSTATS_SERVER_RATE", "DNSTATS_SITE_LIST")
    environ |= {name: str(lab_settings[name]) for name in same}
    return Flow(engine, Settings(environ | lenient))


@pytest.mark.parametrize("stage", ["scan", "process", "grade"])
def test_a_cleared_stage_leaves_the_same_rows_summary_and_report(
    flow: Flow, start_run: Start, stage: str
) -> None:
    chunks = start_run(last_rank=12, chunk_size=6)
    for chunk in chunks:
        flow.scan(chunk)
    before = flow.state(is_asked_again=stage == "scan")
    getattr(flow, stage)(chunks[1])
    assert flow.state(is_asked_again=stage == "scan") == before


def test_a_chunk_that_failed_and_is_run_again_makes_the_run_whole(
    flow: Flow, start_run: Start
) -> None:
    chunks = start_run(last_rank=12, chunk_size=6)
    for chunk in chunks:
        flow.scan(chunk)
    whole = flow.state(is_asked_again=True)
    with flow.engine.begin() as connection:
        connection.execute(sa.delete(SiteRun).where(SiteRun.chunk == 1))
    lost = archive.chunk_path(NOW.date(), chunks[1]["run_id"], 1)
    (Path(flow.settings.archive) / lost).unlink()
    with pytest.raises(Refused, match=r"clear scan_chunk"):
        flow.process(chunks[1])
    with pytest.raises(Refused, match=r"1 of 2 chunks are not graded \(ranks 7-12\)"):
        notify_done(flow.engine, flow.settings, "manual__1", None, now=NOW)
    with flow.engine.connect() as connection:
        assert connection.scalar(sa.select(Run.state)) == "short"
    flow.scan(chunks[1])
    assert flow.state(is_asked_again=True) == whole
    with flow.engine.connect() as connection:
        assert connection.scalar(sa.select(Run.state)) == "done"


def test_grading_again_with_newer_rules_moves_the_summary_and_the_report(
    flow: Flow, start_run: Start, monkeypatch
) -> None:
    chunks = start_run(last_rank=12, chunk_size=6)
    for chunk in chunks:
        flow.scan(chunk)
    summary, report = flow.end()
    old = flow.rows()

    def harsher(site: Any) -> Any:
        return grading.ungraded_site("the new rules grade nothing")

    monkeypatch.setattr(grading, "RULES_VERSION", grading.RULES_VERSION + 1)
    monkeypatch.setattr(grading, "_grade", harsher)
    for chunk in chunks:
        flow.grade(chunk)
    newer, pages = flow.end()
    assert newer["rules_version"] == summary["rules_version"] + 1
    assert summary["mean_grades"]
    assert newer["mean_grades"] == {}
    assert pages["index.html"] != report["index.html"]
    assert pages["sites.csv"] != report["sites.csv"]
    assert flow.rows()["site_runs"] == old["site_runs"]
    assert set(old["grades"]) < set(flow.rows()["grades"]), "the old grades stay beside the new"


def test_nothing_is_asked_where_no_answer_could_be_kept(
    flow: Flow, start_run: Start, monkeypatch
) -> None:
    (chunk,) = start_run(last_rank=2)
    monkeypatch.setattr(scanning, "scan", lambda *_, **__: pytest.fail("it asked"))
    nowhere = Settings({"DNSTATS_ARCHIVE": "/dev/null/archive"})
    with pytest.raises(archive.BadArchive, match="nothing can be written"):
        scan_chunk(flow.engine, nowhere, chunk, now=NOW)


def test_a_chunk_that_was_not_read_is_not_graded_as_if_it_were_empty(
    flow: Flow, start_run: Start
) -> None:
    (chunk,) = start_run(last_rank=2)
    with pytest.raises(Refused, match=r"ranks 1-2 was not read .* clear process_chunk"):
        flow.grade(chunk)
    with pytest.raises(Refused, match="1 of 1 chunks are not graded"):
        flow.end()


def test_no_report_is_written_of_a_run_whose_chunk_is_under_way_again(
    flow: Flow, start_run: Start
) -> None:
    chunks = start_run(last_rank=4, chunk_size=2)
    for chunk in chunks:
        flow.scan(chunk)
    flow.end()
    begin_stage(flow.engine, chunks[1], "scanned_at")
    with pytest.raises(Refused, match=r"1 chunks of run .* are under way again"):
        publish_report(flow.engine, flow.settings, chunks[0]["run_id"])
