"""The flow on the practice internet: what was scanned, read and graded against what is true."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from dnstats.db.incidents import end_incidents, note_fault
from dnstats.db.models import Chunk, Grade, Remark, Run, SiteRun
from dnstats.db.queries import run_summary
from dnstats.db.stored_site import find_site
from dnstats.grade.next_letter import next_letter
from dnstats.grade.scale import WEIGHTS
from dnstats.lab.truth import Truth
from dnstats.lab.world import truth
from dnstats.process.readings import read_readings
from dnstats.records.delegation import Delegation, Source
from dnstats.records.dmarc import Dmarc
from dnstats.records.mx import Mx
from dnstats.records.ns import Ns
from dnstats.records.record import NotMeasured
from dnstats.records.spf import Spf
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import ChunkName, Refused
from dnstats.tasks.grade_chunk import grade_chunk
from dnstats.tasks.notify_done import notify_done
from dnstats.tasks.notify_start import notify_start
from dnstats.tasks.process_chunk import process_chunk
from dnstats.tasks.publish_report import publish_report
from dnstats.tasks.reread_run import reread_run
from dnstats.tasks.scan_chunk import scan_chunk

from tests.lab.worlds import SEED
from tests.tasks.conftest import NOW

Start = Callable[..., list[ChunkName]]


def _run(engine: sa.Engine, settings: Settings, chunks: list[ChunkName]) -> None:
    for chunk in chunks:
        scan_chunk(engine, settings, chunk, now=NOW)
        process_chunk(engine, settings, chunk)
        grade_chunk(engine, chunk)


def _rows(engine: sa.Engine) -> dict[str, list[Any]]:
    """All bulk rows, in a fixed order."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(str, connection.execute(sa.select(table))))
            for table in (SiteRun.__table__, Grade.__table__, Remark.__table__)
        }


def _site_runs(engine: sa.Engine) -> dict[str, Any]:
    readings = sa.cast(SiteRun.readings, sa.Text).label("readings")
    query = sa.select(SiteRun.domain, SiteRun.status, SiteRun.is_measured, readings)
    with engine.connect() as connection:
        return {row.domain: row for row in connection.execute(query)}


def test_what_was_read_is_what_is_true(
    engine: sa.Engine, lab_settings: Settings, start_run: Start
) -> None:
    _run(engine, lab_settings, start_run())
    rows = _site_runs(engine)
    assert len(rows) == 42
    for domain, row in rows.items():
        known = truth(SEED, domain)
        if known.fate == "nxdomain":
            assert row.status == "nxdomain"
        elif known.fate == "ok":
            assert row.status == "exists"
            _check_readings(known, read_readings(row.readings))
        else:
            assert not row.is_measured
    _check_grades(engine, rows)


def _check_readings(known: Truth, readings: dict[str, Any]) -> None:
    """What is never answered, or bogus, is not measured; all else is as the lab has it."""
    hidden = {name for name, _ in known.unanswered} or known.dnssec == "bogus"
    mx, spf, dmarc = readings["mx"], readings["spf"], readings["dmarc"]
    where = known.domain
    if hidden:
        return
    assert not isinstance(mx, NotMeasured), where
    if known.null_mx:
        assert isinstance(mx, Mx), where
        assert mx.is_null, where
    elif known.has_mx:
        assert isinstance(mx, Mx), where
        assert set(mx.hosts) >= {host.rstrip(".").lower() for _, host in known.mx if host}, where
    else:
        assert mx is None, where
    assert isinstance(spf, Spf) == bool(known.spf), where
    if known.spf_qualifier and known.spf_case in ("plain", "no_mail", "provider", "plus_all"):
        assert isinstance(spf, Spf), where
        assert spf.policy == known.spf_qualifier, where
    if known.dmarc_policy:
        assert isinstance(dmarc, Dmarc), where
        assert dmarc.p == known.dmarc_policy, where
    ns = readings["ns"]
    if known.servers:
        assert isinstance(ns, Ns), where
        above = ns.parent
        assert isinstance(above, Delegation), where
        assert above.source in (Source.REFERRAL, Source.CHILD), where
        if above.tells:
            assert above.names == tuple(sorted(server.host for server in known.servers)), where
            assert {(one.algorithm, one.digest_type) for one in above.ds} == set(known.ds), where


def _check_grades(engine: sa.Engine, rows: dict[str, Any]) -> None:
    """No grade where there is no measurement: the promise, at the floor where it shows."""
    with engine.connect() as connection:
        grades = connection.execute(
            sa.select(SiteRun.domain, Grade.family, Grade.grade, Grade.why_none).join(
                Grade, sa.and_(Grade.run_id == SiteRun.run_id, Grade.rank == SiteRun.rank)
            )
        ).all()
    assert len(grades) == 42 * (len(WEIGHTS) + 1)
    for domain, family, grade, why_none in grades:
        assert (grade is None) == bool(why_none)
        if rows[domain].status == "nxdomain":
            assert grade is None
        elif family != "overall":
            reading = read_readings(rows[domain].readings)[family]
            if isinstance(reading, NotMeasured):
                assert grade is None
                assert why_none == f"not measured: {reading.reason}"


def test_a_practice_run_opens_no_socket_to_anywhere_but_this_machine(
    engine: sa.Engine, lab_settings: Settings, start_run: Start, monkeypatch
) -> None:
    peers: set[str] = set()

    class Watched(socket.socket):
        def connect(self, address: Any) -> None:
            peers.add(address[0])
            super().connect(address)

        def connect_ex(self, address: Any) -> int:
            peers.add(address[0])
            return super().connect_ex(address)

    chunks = start_run(last_rank=12, chunk_size=12)
    monkeypatch.setattr(socket, "socket", Watched)
    scan_chunk(engine, lab_settings, chunks[0], now=NOW)
    assert len(peers) > 5
    assert all(peer.startswith("127.") for peer in peers)


def test_processing_and_grading_again_leave_the_same_rows_without_the_network(
    engine: sa.Engine, lab_settings: Settings, start_run: Start, monkeypatch
) -> None:
    chunks = start_run(last_rank=20, chunk_size=10)
    _run(engine, lab_settings, chunks)
    before = _rows(engine)

    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("processing and grading must not touch the network")

    monkeypatch.setattr(socket, "socket", no_network)  # PostgreSQL's client is not Python's
    for chunk in chunks:
        process_chunk(engine, lab_settings, chunk)
        grade_chunk(engine, chunk)
    assert _rows(engine) == before


def test_scanning_again_replaces_the_chunk_and_touches_no_other(
    engine: sa.Engine, lab_settings: Settings, start_run: Start
) -> None:
    chunks = start_run(last_rank=20, chunk_size=10)
    _run(engine, lab_settings, chunks)
    before = _rows(engine)
    _run(engine, lab_settings, chunks[:1])
    assert _rows(engine)["site_runs"] == before["site_runs"]
    assert _rows(engine) == before


KILLED = """
    import sys, time, os
    import dnstats.tasks.{module} as module
    from dnstats.db.connect import open_database
    from dnstats.settings import load
    real = module.copy_rows
    def slow(*args, **kwargs):
        count = real(*args, **kwargs)
        print("copied", flush=True)
        time.sleep(60)
        return count
    module.copy_rows = slow
    chunk = {chunk!r}
    arguments = (load(), chunk) if {module!r} == "process_chunk" else (chunk,)
    module.{module}(open_database({url!r}), *arguments)
"""


@pytest.mark.parametrize("module", ["process_chunk", "grade_chunk"])
def test_a_task_killed_in_the_middle_leaves_the_rows_of_before_and_can_run_again(
    engine: sa.Engine, lab_settings: Settings, start_run: Start, module: str
) -> None:
    (chunk,) = start_run(last_rank=10)
    _run(engine, lab_settings, [chunk])
    before = _rows(engine)
    url = engine.url.render_as_string(hide_password=False)
    script = textwrap.dedent(KILLED).format(module=module, chunk=dict(chunk), url=url)
    environ = {**os.environ, "DNSTATS_VAR": str(lab_settings.var)}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, env=environ, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "copied\n"
        process.send_signal(signal.SIGKILL)
    assert _rows(engine) == before
    with engine.connect() as connection:
        assert connection.scalar(sa.select(Chunk.graded_at)) is None, "the chunk is not done"
    _until_unlocked(engine)
    process_chunk(engine, lab_settings, chunk)
    grade_chunk(engine, chunk)
    assert _rows(engine) == before


def _until_unlocked(engine: sa.Engine) -> None:
    """PostgreSQL notices within moments that its client is gone."""
    for _ in range(100):
        with engine.connect() as connection:
            query = sa.text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid()"
            )
            if connection.scalar(query) == 0:
                return
        time.sleep(0.05)


def test_a_chunk_is_not_asked_again_on_another_day(
    engine: sa.Engine, lab_settings: Settings, start_run: Start
) -> None:
    (chunk,) = start_run(last_rank=2)
    with pytest.raises(Refused, match="must not stand under that day"):
        scan_chunk(engine, lab_settings, chunk, now=NOW + dt.timedelta(hours=25))


def test_a_past_day_is_read_again_from_its_archive_and_never_asked(
    engine: sa.Engine, lab_settings: Settings, start_run: Start, monkeypatch
) -> None:
    chunks = start_run(last_rank=20, chunk_size=10)
    _run(engine, lab_settings, chunks)
    before = _site_runs(engine)
    monkeypatch.setattr(socket, "socket", None)
    day = NOW.date()
    again = reread_run(
        engine, lab_settings, dag_run_id="backfill__1", day=day, now=NOW + dt.timedelta(days=9)
    )
    for chunk in again:
        scan_chunk(engine, lab_settings, chunk, now=NOW + dt.timedelta(days=9))
        process_chunk(engine, lab_settings, chunk)
        grade_chunk(engine, chunk)
    with engine.connect() as connection:
        runs = connection.execute(sa.select(Run.day, Run.source).order_by(Run.id)).all()
        query = sa.select(SiteRun.domain, sa.cast(SiteRun.readings, sa.Text)).where(
            SiteRun.run_id == again[0]["run_id"]
        )
        reread = dict(map(tuple, connection.execute(query)))
    assert runs == [(day, "dns"), (day, "archive")]
    assert reread == {domain: row.readings for domain, row in before.items()}


def test_a_small_run_by_hand_is_not_what_the_day_was(
    engine: sa.Engine, lab_settings: Settings, start_run: Start
) -> None:
    day = start_run("scheduled__1", last_rank=4, dns="custom")
    by_hand = start_run("manual__2", last_rank=2, dns="custom")
    practice = start_run("manual__3", last_rank=6, dns="lab")
    for chunks in (day, by_hand, practice):
        scan_chunk(engine, lab_settings, chunks[0], now=NOW)
    again = reread_run(engine, lab_settings, dag_run_id="backfill__1", day=NOW.date(), now=NOW)
    assert [chunk["label"] for chunk in again] == [chunk["label"] for chunk in day]
    with engine.connect() as connection:
        versions = connection.scalar(sa.select(Run.versions).where(Run.id == again[0]["run_id"]))
    assert versions["reread_of_run"] == day[0]["run_id"]


def test_a_day_without_an_archive_says_so(engine: sa.Engine, lab_settings: Settings) -> None:
    with pytest.raises(Refused, match="no archived answers of 2020-02-02"):
        reread_run(engine, lab_settings, dag_run_id="b", day=dt.date(2020, 2, 2), now=NOW)


def test_the_mails_tell_the_run_and_a_good_one_may_be_published(
    engine: sa.Engine, lab_settings: Settings, start_run: Start
) -> None:
    chunks = start_run(last_rank=12, chunk_size=6)
    notify_start(engine, lab_settings, chunks, None)
    _run(engine, lab_settings, chunks)
    settings = Settings({"DNSTATS_VAR": str(lab_settings.var), "DNSTATS_GATE": "50"})
    run_id = notify_done(engine, settings, "manual__1", None, now=NOW)
    assert len(list(lab_settings.mail_folder.glob("*.eml"))) == 2
    page = publish_report(engine, settings, run_id)
    assert "<svg" in page.read_text()
    with engine.connect() as connection:
        assert connection.scalar(sa.select(Run.state)) == "done"
        summary = run_summary(connection, run_id)
    assert (summary.sites, summary.read, summary.chunks_graded) == (12, 12, 2)


def test_a_failed_chunk_and_short_coverage_fail_the_run_after_the_mail(
    engine: sa.Engine, lab_settings: Settings, start_run: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    chunks = start_run(last_rank=12, chunk_size=6)
    _run(engine, lab_settings, chunks[:1])
    note_fault(
        engine, "daily_scan", "manual__1", "process_chunk", 1, "ranks 7-12: OSError: disk full"
    )
    with pytest.raises(Refused, match=r"1 of 2 chunks are not graded \(ranks 7-12\); .*gate is 92"):
        notify_done(engine, lab_settings, "manual__1", None, now=NOW)
    (mail,) = lab_settings.mail_folder.glob("*.eml")
    assert "ranks 7-12: process_chunk: OSError: disk full" in mail.read_text()
    assert "Measured:     6 (50.0 %; the gate is 92 %)" in caplog.text, "the log says it too"
    end_incidents(engine, "daily_scan", "manual__1")
    with pytest.raises(Refused, match="not graded"):
        notify_done(engine, lab_settings, "manual__1", None, now=NOW + dt.timedelta(minutes=1))
    mails = [path.read_text() for path in lab_settings.mail_folder.glob("*.eml")]
    assert len([m for m in mails if "ranks 7-12: its task was killed, or never began" in m]) == 1
    with engine.connect() as connection:
        assert connection.scalar(sa.select(Run.state)) == "short"
    with pytest.raises(Refused, match="not published"):
        publish_report(engine, lab_settings, chunks[0]["run_id"])


def test_a_run_that_was_never_made_is_told_by_mail(
    engine: sa.Engine, lab_settings: Settings
) -> None:
    with pytest.raises(Refused, match="create_run made no run: see its log"):
        notify_done(engine, lab_settings, "manual__other", None, now=NOW)
    note_fault(engine, "daily_scan", "manual__none", "create_run", -1, "The list has no site.")
    with pytest.raises(Refused, match=r"create_run made no run: The list has no site\.$"):
        notify_done(engine, lab_settings, "manual__none", None, now=NOW)
    assert len(list(lab_settings.mail_folder.glob("*.eml"))) == 2


def test_what_the_next_letter_costs_is_told_from_stored_rows(
    engine: sa.Engine, lab_settings: Settings, start_run: Start
) -> None:
    chunks = start_run(last_rank=12)
    _run(engine, lab_settings, chunks)
    told = 0
    with engine.connect() as connection:
        for domain in _site_runs(engine):
            site = find_site(connection, chunks[0]["run_id"], domain)
            assert site is not None
            stored = {one.family: one for one in site.grades}
            found = next_letter(site.grades, site.remarks)
            if found is None:
                assert stored["overall"].letter in (None, "A+")
                continue
            assert (found.grade, found.letter) == (
                stored["overall"].grade,
                stored["overall"].letter,
            )
            assert set(found.mend) <= {remark.code for remark in site.remarks}
            told += 1
        assert find_site(connection, chunks[0]["run_id"], "no.such.site") is None
    assert told
