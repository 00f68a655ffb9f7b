"""What is old is dropped, once; nothing of what is kept is touched, whatever happens meanwhile."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import json
import threading
import time
from pathlib import Path
from typing import Any

import fsspec
import pytest
import sqlalchemy as sa
from dnstats import archive
from dnstats.answer import Answer, Outcome, Question
from dnstats.archive import ChunkArchive, chunk_path
from dnstats.db import partitions
from dnstats.db.models import (
    Chunk,
    Grade,
    Remark,
    Run,
    SiteList,
    SiteRank,
    SiteRun,
)
from dnstats.db.partitions import make_run_partitions, partition_sizes
from dnstats.lists.importing import fetch_file, import_list
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import ChunkName, Refused
from dnstats.tasks.drop_old_runs import Drop, NotDropped, drop_old_runs
from dnstats.tasks.drop_plan import OldList, OldRun, make_plan
from dnstats.tasks.drop_request import DropRequest, read_drop_request
from dnstats.tasks.grade_chunk import grade_chunk
from dnstats.tasks.notify_done import notify_done
from dnstats.tasks.process_chunk import process_chunk
from dnstats.tasks.publish_report import publish_report
from dnstats.tasks.reread_run import reread_run
from dnstats.tasks.scan_chunk import scan_chunk
from hypothesis import given
from hypothesis import strategies as st

NOW = dt.datetime(2026, 11, 25, 5, 5, tzinfo=dt.UTC)
KEEP = DropRequest(keep_answers=30, keep_rows=10, is_dry=False)
DRY = DropRequest(keep_answers=30, keep_rows=10, is_dry=True)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings({"DNSTATS_VAR": str(tmp_path / "var"), "DNSTATS_GATE": "0"})


@pytest.fixture(autouse=True)
def impatient(monkeypatch) -> None:
    """Two seconds are enough to wait for a lock that a test holds."""
    monkeypatch.setattr(partitions.patiently, "__defaults__", (2.0,))


class Past:
    """Makes runs of past days, with files in the archive and rows in the database."""

    def __init__(self, engine: sa.Engine, settings: Settings, folder: Path) -> None:
        self.engine, self.settings, self.folder = engine, settings, folder

    def list_of(self, *domains: str, taken: int | None = None, imported: int = 0) -> int:
        """A list; `taken` and `imported` are days ago."""
        path = self.folder / f"{'-'.join(domains)}.csv"
        path.write_text("".join(f"{rank},{name}\n" for rank, name in enumerate(domains, 1)))
        with self.engine.begin() as connection:
            list_id = import_list(connection, fetch_file(str(path))).id
            values: dict[str, Any] = {"imported_at": NOW - dt.timedelta(days=imported)}
            if taken is not None:
                values["taken_at"] = NOW - dt.timedelta(days=taken)
            connection.execute(sa.update(SiteList).where(SiteList.id == list_id).values(**values))
        return list_id

    def run(self, days: int, list_id: int, state: str = "done") -> int:
        """A run of so many days ago, scanned, read and graded; returns its id."""
        began = NOW - dt.timedelta(days=days)
        with self.engine.begin() as connection:
            run_id = connection.scalar(
                sa.insert(Run)
                .values(
                    dag_run_id=f"run {days} {time.monotonic_ns()}", day=began.date(), source="dns",
                    dns="lab", site_list_id=list_id, first_rank=1, last_rank=2, chunk_size=1,
                    settings={"resolvers": []}, versions={}, state="running", started_at=began,
                )
                .returning(Run.id)
            )  # fmt: skip
            assert run_id is not None
            make_run_partitions(connection, run_id)
            for number in (0, 1):
                path = chunk_path(began.date(), run_id, number)
                connection.execute(
                    sa.insert(Chunk).values(
                        run_id=run_id, number=number, first_rank=number + 1, sites=1,
                        last_rank=number + 1, archive=path, scanned_at=began,
                    )
                )  # fmt: skip
                answers = ChunkArchive()
                answers.add(Answer(Question("a.example", 16), Outcome.NODATA), 1, 10.0)
                answers.write(self.settings.archive, path)
        for chunk in chunks_of(run_id):
            process_chunk(self.engine, self.settings, chunk)
            grade_chunk(self.engine, chunk)
        with self.engine.begin() as connection:
            connection.execute(sa.update(Run).where(Run.id == run_id).values(state=state))
        return run_id

    def left(self) -> dict[int, tuple[bool, bool]]:
        """By run: whether all its files stand, and whether all its rows do."""
        found = {}
        with self.engine.connect() as connection:
            sizes = partition_sizes(connection)
            for run_id in connection.scalars(sa.select(Run.id).order_by(Run.id)).all():
                paths = connection.scalars(
                    sa.select(Chunk.archive).where(Chunk.run_id == run_id)
                ).all()
                files = [archive.has_chunk(self.settings.archive, path) for path in paths]
                tables = [
                    f"{table}_p{run_id}" in sizes for table in ("site_runs", "grades", "remarks")
                ]
                assert len(set(files)) == 1, "half a run's files"
                assert len(set(tables)) == 1, "half a run's rows"
                found[run_id] = (files[0], tables[0])
        return found

    def drop(self, request: DropRequest = KEEP, days: int = 0) -> list[Drop]:
        return drop_old_runs(
            self.engine, self.settings, request, None, now=NOW + dt.timedelta(days=days)
        )


def chunks_of(run_id: int) -> list[ChunkName]:
    return [ChunkName(run_id=run_id, number=number, label=f"chunk {number}") for number in (0, 1)]


@pytest.fixture
def past(engine: sa.Engine, settings: Settings, tmp_path: Path) -> Past:
    return Past(engine, settings, tmp_path)


def _rows(engine: sa.Engine, run_id: int) -> dict[str, list[str]]:
    tables = (SiteRun.__table__, Grade.__table__, Remark.__table__)
    with engine.connect() as connection:
        return {
            table.name: sorted(
                map(str, connection.execute(sa.select(table).where(table.c.run_id == run_id)))
            )
            for table in tables
        }


def test_answers_and_rows_go_by_their_age_and_the_rest_is_untouched(
    past: Past, engine: sa.Engine, settings: Settings
) -> None:
    list_id = past.list_of("a.example", "b.example")
    ages = (40, 31, 30, 11, 10, 0)
    runs = {days: past.run(days, list_id) for days in ages}
    kept = {days: _rows(engine, runs[days]) for days in (10, 0)}
    drops = past.drop()
    assert past.left() == {
        runs[40]: (False, False), runs[31]: (False, False), runs[30]: (True, False),
        runs[11]: (True, False), runs[10]: (True, True), runs[0]: (True, True),
    }  # fmt: skip
    assert {days: _rows(engine, runs[days]) for days in (10, 0)} == kept
    assert all(drop.bytes > 0 for drop in drops)
    assert not list(Path(settings.archive).glob("2026/10/16")), "empty folders go too"
    with engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(Run)) == 6
        assert connection.scalar(sa.select(sa.func.count()).select_from(Chunk)) == 12


def test_a_dry_run_drops_nothing_and_tells_the_same(past: Past, settings: Settings) -> None:
    list_id = past.list_of("a.example", "b.example")
    for days in (40, 20, 1):
        past.run(days, list_id)
    before = past.left()
    told = past.drop(DRY)
    assert past.left() == before
    assert not settings.mail_folder.exists()
    assert past.drop() == told


def test_dropping_again_drops_nothing_more(past: Past, settings: Settings) -> None:
    list_id = past.list_of("a.example", "b.example")
    run_id = past.run(40, list_id)
    assert len(past.drop()) == 2
    assert past.drop() == []
    (path,) = settings.mail_folder.glob("*.eml")
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    text = mail.get_body(("plain",))
    assert text is not None
    assert f"answers of run {run_id} (2026-10-16): " in text.get_content()
    assert mail["Subject"].startswith("[DNStats] Old runs dropped")


def test_a_run_that_goes_on_keeps_what_it_has(past: Past) -> None:
    list_id = past.list_of("a.example", "b.example")
    stuck = past.run(40, list_id, state="running")
    past.drop()
    assert past.left() == {stuck: (False, False)}, "for 40 days it was not"
    short = DropRequest(keep_answers=2, keep_rows=2, is_dry=False)
    busy = past.run(3, list_id, state="running")
    with past.engine.begin() as connection:
        connection.execute(
            sa.update(Run).where(Run.id == busy).values(started_at=NOW - dt.timedelta(hours=1))
        )
    past.drop(short)
    assert past.left()[busy] == (True, True)


def test_answers_that_are_being_read_again_are_kept_till_then(
    past: Past, engine: sa.Engine, settings: Settings
) -> None:
    list_id = past.list_of("a.example", "b.example")
    asked = past.run(40, list_id)
    day = (NOW - dt.timedelta(days=40)).date()
    chunks = reread_run(engine, settings, dag_run_id="backfill__1", day=day, now=NOW)
    again = chunks[0]["run_id"]
    past.drop()
    assert past.left() == {asked: (True, False), again: (True, True)}
    for chunk in chunks:
        scan_chunk(engine, settings, chunk, now=NOW)
        process_chunk(engine, settings, chunk)
        grade_chunk(engine, chunk)
    notify_done(engine, settings, "backfill__1", None, now=NOW)
    past.drop()
    assert past.left() == {asked: (False, False), again: (False, True)}, "its rows are new"
    past.drop(days=11)
    assert past.left()[again] == (False, False)


def test_a_day_whose_answers_were_dropped_cannot_be_read_again(
    past: Past, engine: sa.Engine, settings: Settings
) -> None:
    past.run(40, past.list_of("a.example", "b.example"))
    past.drop()
    day = (NOW - dt.timedelta(days=40)).date()
    with pytest.raises(Refused, match="were dropped on 2026-11-25, and a past day cannot be asked"):
        reread_run(engine, settings, dag_run_id="backfill__1", day=day, now=NOW)


def test_rows_that_were_dropped_come_back_from_the_answers(
    past: Past, engine: sa.Engine, settings: Settings
) -> None:
    past.run(20, past.list_of("a.example", "b.example"))
    day = (NOW - dt.timedelta(days=20)).date()
    past.drop()
    for turn in (0, 11):  # the second time, Airflow uses the same run again
        now = NOW + dt.timedelta(days=turn)
        chunks = reread_run(engine, settings, dag_run_id="backfill__1", day=day, now=now)
        for chunk in chunks:
            scan_chunk(engine, settings, chunk, now=now)
            process_chunk(engine, settings, chunk)
            grade_chunk(engine, chunk)
        assert len(_rows(engine, chunks[0]["run_id"])["site_runs"]) == 2
        with engine.begin() as connection:
            connection.execute(sa.update(Run).values(state="done"))
        past.drop(DropRequest(keep_answers=100, keep_rows=10, is_dry=False), days=turn + 11)
        assert _rows(engine, chunks[0]["run_id"])["site_runs"] == []


def test_of_a_dropped_run_the_summary_and_the_report_are_never_written_over(
    past: Past, engine: sa.Engine, settings: Settings
) -> None:
    run_id = past.run(20, past.list_of("a.example", "b.example"), state="running")
    with engine.connect() as connection:
        name = connection.scalar(sa.select(Run.dag_run_id))
    assert name is not None
    notify_done(engine, settings, name, None, now=NOW)
    page = publish_report(engine, settings, run_id)
    with engine.connect() as connection:
        summary = connection.scalar(sa.select(Run.summary))
    past.drop()
    written = page.read_bytes()
    (chunk, _) = chunks_of(run_id)
    for again in (
        lambda: process_chunk(engine, settings, chunk),
        lambda: grade_chunk(engine, chunk),
        lambda: notify_done(engine, settings, name, None, now=NOW),
        lambda: publish_report(engine, settings, run_id),
    ):
        with pytest.raises(Refused, match=f"The rows of run {run_id} were dropped on 2026-11-25"):
            again()
    with engine.connect() as connection:
        assert connection.scalar(sa.select(Run.summary)) == summary
    assert page.read_bytes() == written


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/passwd", "/etc/passwd", "2026/10/16/run-000001/../../../../x.parquet",
        "2026/10/16/run-000001/chunk-00000.parquet/../../../other", "", "s3://bucket/x.parquet",
        "2026/10/16/run-000001/chunk-00000.parquet\n", "2026/10/16/run-000001",
    ],
)  # fmt: skip
def test_a_path_that_is_none_of_ours_removes_nothing(
    past: Past, engine: sa.Engine, settings: Settings, path: str
) -> None:
    list_id = past.list_of("a.example", "b.example")
    hurt, other = past.run(40, list_id), past.run(41, list_id)
    with engine.begin() as connection:
        connection.execute(
            sa.update(Chunk).where(Chunk.run_id == hurt, Chunk.number == 1).values(archive=path)
        )
    with pytest.raises(NotDropped, match=f"1 of 4 .*answers of run {hurt}.* is no path of"):
        past.drop()
    first = chunk_path((NOW - dt.timedelta(days=40)).date(), hurt, 0)
    assert archive.has_chunk(settings.archive, first), "not even the sound one"
    with engine.connect() as connection:
        marks = connection.execute(sa.select(Run.id, Run.answers_dropped_at).order_by(Run.id))
        assert {row.id: row.answers_dropped_at is None for row in marks} == {
            hurt: True, other: False,
        }  # fmt: skip


def test_a_link_out_of_the_archive_is_not_followed(past: Past, settings: Settings) -> None:
    run_id = past.run(40, past.list_of("a.example", "b.example"))
    year, elsewhere = Path(settings.archive) / "2026", past.folder / "elsewhere"
    year.rename(elsewhere)
    year.symlink_to(elsewhere)
    with pytest.raises(NotDropped, match="leads out of the archive by a link"):
        past.drop()
    assert past.left()[run_id] == (True, False)


def test_a_file_that_cannot_be_removed_stops_nothing_else_and_is_tried_again(
    past: Past, settings: Settings, monkeypatch
) -> None:
    list_id = past.list_of("a.example", "b.example")
    hurt, other = past.run(41, list_id), past.run(40, list_id)
    files = fsspec.filesystem("file")
    remove = type(files).rm_file

    def fail(self: Any, path: str) -> None:
        if f"run-{hurt:06d}/chunk-00001" in path:
            raise PermissionError(13, "Permission denied", path)
        remove(self, path)

    monkeypatch.setattr(type(files), "rm_file", fail)
    with pytest.raises(NotDropped, match=f"answers of run {hurt} .*Permission denied"):
        past.drop()
    monkeypatch.undo()
    first = chunk_path((NOW - dt.timedelta(days=41)).date(), hurt, 0)
    assert not archive.has_chunk(settings.archive, first)
    past.drop()
    assert past.left() == {hurt: (False, False), other: (False, False)}


def test_strangers_files_stay_and_what_a_killed_writer_left_goes(
    past: Past, settings: Settings
) -> None:
    list_id = past.list_of("a.example", "b.example")
    first, second = past.run(40, list_id), past.run(41, list_id)
    folder = Path(settings.archive) / "2026/10/16" / f"run-{first:06d}"
    (folder / "notes.txt").write_text("mine")
    (folder / f".{'0' * 32}.partial").write_text("half")
    (Path(settings.archive) / "2026/10/15" / f"run-{second:06d}" / f".{'1' * 32}.partial").touch()
    past.drop()
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]
    assert not (Path(settings.archive) / "2026/10/15").exists()


def test_an_archive_at_any_url_is_cleared_as_well(engine: sa.Engine, tmp_path: Path) -> None:
    settings = Settings(
        {"DNSTATS_VAR": str(tmp_path), "DNSTATS_ARCHIVE": f"memory://drop-{time.monotonic_ns()}"}
    )
    past = Past(engine, settings, tmp_path)
    run_id = past.run(40, past.list_of("a.example", "b.example"))
    assert past.left() == {run_id: (True, True)}
    past.drop()
    assert past.left() == {run_id: (False, False)}


def test_somebody_who_reads_for_long_is_waited_for_but_not_in_the_way_of_others(
    past: Past, engine: sa.Engine
) -> None:
    list_id = past.list_of("a.example", "b.example")
    old, new = past.run(20, list_id), past.run(0, list_id)
    with engine.connect() as researcher:
        researcher.execute(sa.select(SiteRun.rank).where(SiteRun.run_id == old))
        begun = time.monotonic()
        faults: list[BaseException] = []

        def drop() -> None:
            try:
                past.drop()
            except BaseException as fault:
                faults.append(fault)

        thread = threading.Thread(target=drop)
        thread.start()
        while thread.is_alive():  # and none of these waits for the researcher
            assert len(_rows(engine, new)["site_runs"]) == 2
        thread.join()
    assert time.monotonic() - begun >= 2
    assert len(faults) == 1
    assert isinstance(faults[0], NotDropped)
    assert "InUse" in str(faults[0])
    assert past.left()[old] == (True, True), "all or nothing"
    past.drop()
    assert past.left() == {old: (True, False), new: (True, True)}


def test_lists_that_no_kept_run_needs_are_dropped_and_come_back_when_asked_for(
    past: Past, engine: sa.Engine
) -> None:
    gone = past.list_of("a.example", "b.example", taken=45, imported=45)
    read = past.list_of("c.example", "d.example", taken=44, imported=44)
    before = past.list_of("e.example", "f.example", taken=43, imported=43)
    newest = past.list_of("g.example", "h.example", taken=42, imported=42)
    fresh = past.list_of("i.example", "j.example", imported=1)
    past.run(40, gone)
    past.run(29, read)  # its rows go, its answers stay, and need the ranks to be read again
    past.drop()

    def standing() -> set[int]:
        with engine.connect() as connection:
            return set(connection.scalars(sa.select(SiteRank.site_list_id).distinct()))

    assert standing() == {read, before, newest, fresh}
    with engine.connect() as connection:
        marked = connection.scalars(
            sa.select(SiteList.id).where(SiteList.ranks_dropped_at.is_not(None))
        ).all()
    assert marked == [gone]
    assert past.list_of("a.example", "b.example") == gone
    assert standing() == {gone, read, before, newest, fresh}


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"keep_answers": 1}, "keep_answers 1 is not a whole number of days from 2 to 36,500"),
        ({"keep_rows": "30"}, "keep_rows '30' is not"),
        ({"keep_rows": True}, "keep_rows True is not"),
        ({"dry_run": "no"}, "dry_run 'no' is neither true nor false"),
    ],
)
def test_a_bad_param_is_one_sentence(params: Any, says: str) -> None:
    with pytest.raises(Refused) as fault:
        read_drop_request(params, Settings({}), is_manual=True)
    assert says in str(fault.value)


def test_by_hand_it_is_dry_unless_told_and_the_schedule_drops() -> None:
    settings = Settings({"DNSTATS_KEEP_ROWS": "7"})
    defaults = {"keep_answers": None, "keep_rows": None, "dry_run": True}
    assert read_drop_request(defaults, settings, is_manual=True) == DropRequest(365, 7, True)
    assert not read_drop_request(defaults, settings, is_manual=False).is_dry
    told = {**defaults, "dry_run": False, "keep_answers": 9}
    assert read_drop_request(told, settings, is_manual=True) == DropRequest(9, 7, False)


instants = st.integers(0, 60).map(lambda days: NOW - dt.timedelta(days=days))
marks = st.none() | instants
runs = st.builds(
    OldRun, st.integers(1, 10**6), instants.map(lambda at: at.date()), st.integers(1, 5),
    st.sampled_from(["running", "done", "short"]), instants, marks, marks,
)  # fmt: skip
lists = st.builds(OldList, st.integers(1, 5), st.just("list"), instants, marks)


@given(
    st.lists(runs, max_size=12, unique_by=lambda run: run.id),
    st.lists(lists, max_size=5, unique_by=lambda one: one.id),
    st.integers(2, 40),
    st.integers(2, 40),
)
def test_no_plan_ever_takes_what_is_kept(
    known: list[OldRun], named: list[OldList], keep_answers: int, keep_rows: int
) -> None:
    plan = make_plan(known, named, DropRequest(keep_answers, keep_rows, False), NOW)
    today = NOW.date()
    busy_days = {
        run.day for run in known
        if run.state == "running" and NOW - run.started_at < dt.timedelta(days=2)
    }  # fmt: skip
    for run in plan.answers:
        assert (today - run.day).days > keep_answers
        assert run.day not in busy_days
    for run in plan.rows:
        assert (NOW - run.started_at).days > keep_rows
    answers, rows = {run.id for run in plan.answers}, {run.id for run in plan.rows}
    for one in plan.lists:
        for run in known:
            if run.site_list_id == one.id:
                assert run.answers_dropped_at is not None or run.id in answers
                assert run.rows_dropped_at is not None or run.id in rows
    taken = [one for one in named if one.taken_at is not None]
    newest = sorted(taken, key=lambda one: (one.taken_at, one.id))[-1:]
    assert not {one.id for one in newest} & {one.id for one in plan.lists}
    again = make_plan(
        [
            OldRun(
                run.id, run.day, run.site_list_id, run.state, run.started_at,
                NOW if run.id in answers else run.answers_dropped_at,
                NOW if run.id in rows else run.rows_dropped_at,
            )
            for run in known
        ],
        [one for one in named if one not in plan.lists],
        DropRequest(keep_answers, keep_rows, False),
        NOW,
    )  # fmt: skip
    assert (again.answers, again.rows, again.lists) == ((), (), ())


def test_lists_of_a_report_go_with_the_rows_and_its_page_stays(past: Past) -> None:
    sites = past.list_of("a.example", "b.example")
    old, young = past.run(95, sites), past.run(5, sites)
    pages = {run: publish_report(past.engine, past.settings, run) for run in (old, young)}
    with past.engine.begin() as connection:
        report = {"questions": 7, "busiest": {"192.0.2.1": [0, [1, 2]]}}
        connection.execute(sa.update(Chunk).values(scan_report=report))
    dry = past.drop(DropRequest(keep_answers=365, keep_rows=90, is_dry=True))
    (told,) = [one for one in dry if "lists of the report" in one.what]
    assert (pages[old].parent / "lists" / "spf.csv").exists()
    done = past.drop()
    assert [one.fault for one in done] == [""] * len(done)
    (gone,) = [one for one in done if "lists of the report" in one.what]
    assert gone.bytes == told.bytes > 1000
    home = pages[old].parent
    assert not (home / "lists").exists()
    assert not (home / "sites").exists()
    for name in ("index.html", "site.html"):
        assert "stand in sites.parquet" in (home / name).read_text("utf-8")
    assert {"sites.parquet", "figures.json", "charts", "tlds.csv"} <= set(
        map(_name, home.iterdir())
    )
    assert json.loads((home / "manifest.json").read_text("utf-8"))["lists_dropped_on"]
    assert (pages[young].parent / "lists" / "spf.csv").exists()
    with past.engine.connect() as connection:
        reports = dict(map(tuple, connection.execute(sa.select(Chunk.run_id, Chunk.scan_report))))
    assert reports[old] == {"questions": 7}
    assert "busiest" in reports[young]
    assert not [one for one in past.drop() if "lists of the report" in one.what], "and once only"


def _name(path: Path) -> str:
    return path.name
