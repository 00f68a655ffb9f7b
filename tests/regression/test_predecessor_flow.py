"""What the predecessor got wrong between its tasks and its tables, a test for each of its bugs."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import dnstats.tasks.grade_chunk as grading
import pytest
import sqlalchemy as sa
from dnstats.archive import read_chunk
from dnstats.db.models import Chunk, Grade, Remark, Run, SiteName, SiteRank, SiteRun
from dnstats.process.readings import read_readings
from dnstats.records import load_records
from dnstats.records.record import Site
from dnstats.settings import ROOT, Settings
from dnstats.tasks.chunk_name import ChunkName, Refused
from dnstats.tasks.grade_chunk import grade_chunk
from dnstats.tasks.notify_done import notify_done
from dnstats.tasks.notify_start import notify_start
from dnstats.tasks.process_chunk import process_chunk
from dnstats.tasks.scan_chunk import scan_chunk

from tests.tasks.conftest import NOW, lab_port, lab_settings, start_run

__all__ = ["lab_port", "lab_settings", "start_run"]  # fixtures
Start = Callable[..., list[ChunkName]]


def run(engine: sa.Engine, settings: Settings, chunks: list[ChunkName]) -> None:
    for chunk in chunks:
        scan_chunk(engine, settings, chunk, now=NOW)
        process_chunk(engine, settings, chunk)
        grade_chunk(engine, chunk)


def test_predecessor_bug_27_each_family_stores_what_it_read_itself(
    engine: sa.Engine, lab_settings: Settings, start_run: Start
) -> None:
    """Its has_securitytxt was has_dnssec, which was None."""
    (chunk,) = start_run(last_rank=12)
    run(engine, lab_settings, [chunk])
    with engine.connect() as connection:
        path = connection.scalar(sa.select(Chunk.archive))
        readings = sa.cast(SiteRun.readings, sa.Text)
        rows = connection.execute(sa.select(SiteRun.rank, SiteRun.domain, readings)).all()
    answers = read_chunk(lab_settings.archive, path)
    for rank, domain, stored in rows:
        found = read_readings(stored)
        for record in load_records():
            assert found[record.name] == record.read(Site(rank, domain), answers.look), record.name
    assert len(rows) == 12


ROWS: dict[Any, dict[str, Any]] = {
    SiteRun: {"rank": 1, "chunk": 0, "site_id": 1, "domain": "a.example", "status": "exists",
              "is_measured": True, "dns_provider": "", "mail_provider": "", "questions": 1,
              "not_measured": 0, "readings": {}},
    Grade: {"rules_version": 1, "rank": 1, "family": "spf", "chunk": 0, "site_id": 1,
            "abstained": []},
    Remark: {"rules_version": 1, "rank": 1, "code": "SPF001", "chunk": 0, "site_id": 1,
             "family": "spf", "severity": "high", "points": 1, "evidence": ""},
}  # fmt: skip


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.__tablename__)
def test_predecessor_bug_30_the_database_itself_refuses_duplicates(
    engine: sa.Engine, lab_settings: Settings, start_run: Start, model: Any
) -> None:
    """Its UniqueConstraints were bare statements in a class body, which make none."""
    start_run(last_rank=1)
    with engine.connect() as connection:
        run_id = connection.scalar(sa.select(Run.id))
        connection.execute(sa.insert(model).values(run_id=run_id, **ROWS[model]))
        with pytest.raises(sa.exc.IntegrityError, match="duplicate key"):
            connection.execute(sa.insert(model).values(run_id=run_id, **ROWS[model]))


def test_predecessor_bug_30_what_is_looked_up_has_an_index(database: sa.Connection) -> None:
    found = sa.inspect(database)
    for model, columns in (
        (SiteName, ["domain"]), (SiteRank, ["site_id"]), (SiteRun, ["site_id"]),
        (Remark, ["run_id", "code"]), (Run, ["day"]),
    ):  # fmt: skip
        table = model.__tablename__
        indexes = [index["column_names"] for index in found.get_indexes(table)]
        indexes += [one["column_names"] for one in found.get_unique_constraints(table)]
        assert columns in indexes, table


def graded(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(
            str(row)
            for table in (Grade.__table__, Remark.__table__)
            for row in connection.execute(sa.select(table))
        )


def test_predecessor_bug_32_grading_again_adds_nothing(
    engine: sa.Engine, lab_settings: Settings, start_run: Start
) -> None:
    (chunk,) = start_run(last_rank=8)
    run(engine, lab_settings, [chunk])
    before = graded(engine)
    grade_chunk(engine, chunk)
    assert graded(engine) == before


def test_predecessor_bug_32_grades_and_remarks_come_together_or_not_at_all(
    engine: sa.Engine, lab_settings: Settings, start_run: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    (chunk,) = start_run(last_rank=8)
    run(engine, lab_settings, [chunk])
    before, copied = graded(engine), grading.copy_rows

    def broken(connection: Any, table: Any, columns: Any, rows: Any) -> int:
        if table.name == "remarks":
            raise OSError("the connection broke")
        return copied(connection, table, columns, [])

    monkeypatch.setattr(grading, "copy_rows", broken)
    with pytest.raises(OSError, match="the connection broke"):
        grade_chunk(engine, chunk)
    assert graded(engine) == before


def subjects(settings: Settings) -> list[str]:
    mails = sorted(settings.mail_folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns)
    return [message_from_bytes(m.read_bytes(), policy=policy.default)["Subject"] for m in mails]


def test_predecessor_bug_35_the_end_mail_comes_at_the_end(
    engine: sa.Engine, lab_settings: Settings, start_run: Start
) -> None:
    """Its mail "updates done" was sent when the tasks were queued; a scan's end had none."""
    chunks = start_run(last_rank=8, chunk_size=4, dag_run_id="manual__1")
    gateless = Settings({"DNSTATS_VAR": str(lab_settings.var), "DNSTATS_GATE": "0"})
    notify_start(engine, gateless, chunks, None)
    run(engine, lab_settings, chunks[:1])
    with pytest.raises(Refused, match="1 of 2 chunks are not graded"):
        notify_done(engine, gateless, "manual__1", None, now=NOW)
    run(engine, lab_settings, chunks[1:])
    notify_done(engine, gateless, "manual__1", None, now=NOW)
    said = subjects(lab_settings)
    assert [" begins: " in s for s in said] == [True, False, False]
    assert ["not published" in s for s in said] == [False, True, False]
    assert [" is done: " in s for s in said] == [False, False, True]


PLACEHOLDER = re.compile(r"%[-+ #0]*\d*(?:\.\d+)?[sdrfgxi]")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def logging_calls() -> Iterator[tuple[str, ast.Call]]:
    files = [*(ROOT / "dags").glob("*.py"), *(ROOT / "plugins").rglob("*.py")]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in ("log", "logger")
                and node.func.attr in LEVELS
            ):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def faults(call: ast.Call) -> str:
    text = call.args[0]
    if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
        return "what is logged must be a literal with its values beside it"
    plain = text.value.replace("%%", "")
    if "%" in PLACEHOLDER.sub("", plain):
        return "a per cent sign begins no placeholder"
    wanted, given = len(PLACEHOLDER.findall(plain)), len(call.args) - 1
    return "" if wanted == given else f"{wanted} placeholders and {given} values"


def test_predecessor_bug_36_every_log_line_can_be_formatted() -> None:
    calls = list(logging_calls())
    assert len(calls) > 10
    assert {where: faults(call) for where, call in calls if faults(call)} == {}


@pytest.mark.parametrize(
    "text", ["log.debug('found %', x)", "log.info('%s and %s', x)", "log.info('%d')",
             "log.info(f'{x}')"],
)  # fmt: skip
def test_predecessor_bug_36_a_broken_log_line_would_be_seen(text: str) -> None:
    (call,) = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    assert faults(call)


def test_all_36_bugs_have_a_test_of_their_number() -> None:
    names = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("*.py"))
    known = {int(number) for number in re.findall(r"def test_predecessor_bug_(\d\d)_", names)}
    assert sorted(known) == list(range(1, 37))
