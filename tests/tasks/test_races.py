"""Two stages of one chunk at a time, on connections of their own: no old row passes for a new one.

The stages run as they are; only the moment in which the other one comes between is the test's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from dnstats.db.models import Chunk
from dnstats.settings import Settings
from dnstats.tasks import grade_chunk as grading
from dnstats.tasks import process_chunk as processing
from dnstats.tasks import scan_chunk as scanning
from dnstats.tasks.chunk_name import ChunkName, Refused, begin_stage, end_stage
from dnstats.tasks.grade_chunk import grade_chunk
from dnstats.tasks.process_chunk import process_chunk
from dnstats.tasks.scan_chunk import scan_chunk

from tests.tasks.conftest import NOW

Start = Callable[..., list[ChunkName]]


@pytest.fixture
def chunk(engine: sa.Engine, lab_settings: Settings, start_run: Start) -> ChunkName:
    """A chunk of two sites that went through all its stages."""
    (chunk,) = start_run(last_rank=2)
    scan_chunk(engine, lab_settings, chunk, now=NOW)
    process_chunk(engine, lab_settings, chunk)
    return grade_chunk(engine, chunk)


def _done(engine: sa.Engine) -> tuple[bool, bool, bool]:
    with engine.connect() as connection:
        row = connection.execute(
            sa.select(Chunk.scanned_at, Chunk.processed_at, Chunk.graded_at)
        ).one()
    return row.scanned_at is not None, row.processed_at is not None, row.graded_at is not None


def _archive(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        return connection.scalar(sa.select(Chunk.archive)) or ""


def _then(monkeypatch, module: object, name: str, between: Callable[[], object]) -> None:
    """What comes `between` comes right after the module's own call of `name`."""
    real = getattr(module, name)

    def call(*arguments: object, **named: object) -> object:
        result = real(*arguments, **named)
        monkeypatch.setattr(module, name, real)
        between()
        return result

    monkeypatch.setattr(module, name, call)


def test_a_chunk_that_is_being_read_again_is_never_marked_as_graded(
    engine: sa.Engine, chunk: ChunkName, monkeypatch
) -> None:
    """The regrade has begun, process_chunk begins, and only then the regrade opens its rows."""
    _then(monkeypatch, grading, "begin_stage", lambda: begin_stage(engine, chunk, "processed_at"))
    with pytest.raises(Refused, match=r"ranks 1-2 was read again meanwhile: .* clear grade_chunk"):
        grade_chunk(engine, chunk)
    assert _done(engine) == (True, False, False)


def test_nor_is_one_that_was_read_again_from_beginning_to_end(
    engine: sa.Engine, lab_settings: Settings, chunk: ChunkName, monkeypatch
) -> None:
    _then(monkeypatch, grading, "begin_stage", lambda: process_chunk(engine, lab_settings, chunk))
    with pytest.raises(Refused, match="was read again meanwhile"):
        grade_chunk(engine, chunk)
    assert _done(engine) == (True, True, False)
    grade_chunk(engine, chunk)
    assert _done(engine) == (True, True, True)


def test_a_chunk_that_is_being_graded_keeps_its_readings_until_that_is_done(
    engine: sa.Engine, chunk: ChunkName, monkeypatch
) -> None:
    """Reading again waits for the regrade's transaction, and takes its mark away."""
    began = threading.Event()

    def read_again() -> None:
        began.set()
        begin_stage(engine, chunk, "processed_at")

    other = threading.Thread(target=read_again)

    def come_between() -> None:
        other.start()
        began.wait(10)
        other.join(0.5)
        assert other.is_alive(), "it waits"
        assert _done(engine)[1], "the readings under the regrade stand"

    _then(monkeypatch, grading, "_load", come_between)
    grade_chunk(engine, chunk)
    other.join(10)
    assert _done(engine) == (True, False, False)


def test_answers_that_were_asked_again_meanwhile_are_not_taken_for_read(
    engine: sa.Engine, lab_settings: Settings, chunk: ChunkName, monkeypatch
) -> None:
    _then(
        monkeypatch, processing, "begin_stage",
        lambda: scan_chunk(engine, lab_settings, chunk, now=NOW),
    )  # fmt: skip
    with pytest.raises(Refused, match=r"was asked again meanwhile: .* clear process_chunk"):
        process_chunk(engine, lab_settings, chunk)
    assert _done(engine) == (True, False, False)


def test_a_scan_that_airflow_took_for_ended_does_not_end_over_a_newer_one(
    engine: sa.Engine, lab_settings: Settings, chunk: ChunkName, monkeypatch
) -> None:
    """Its archive file, its rows and its marks are the newer one's, whichever ends first."""
    path = Path(lab_settings.archive) / _archive(engine)

    def all_anew() -> None:
        scan_chunk(engine, lab_settings, chunk, now=NOW)
        process_chunk(engine, lab_settings, chunk)
        grade_chunk(engine, chunk)

    _then(monkeypatch, scanning, "begin_stage", all_anew)
    before = path.stat().st_mtime_ns
    with pytest.raises(Refused, match="was asked again meanwhile"):
        scan_chunk(engine, lab_settings, chunk, now=NOW)
    assert _done(engine) == (True, True, True)
    newer = path.stat().st_mtime_ns
    assert newer > before

    _then(monkeypatch, scanning, "begin_stage", lambda: begin_stage(engine, chunk, "scanned_at"))
    with pytest.raises(Refused, match="was asked again meanwhile"):
        scan_chunk(engine, lab_settings, chunk, now=NOW)
    assert _done(engine) == (False, False, False), "the newer one goes on"
    assert path.stat().st_mtime_ns == newer


def test_what_was_read_while_it_was_being_asked_is_to_be_read_again(
    engine: sa.Engine, lab_settings: Settings, chunk: ChunkName
) -> None:
    """process_chunk, cleared while the scan goes on, reads the file of before."""
    begin_stage(engine, chunk, "scanned_at")
    process_chunk(engine, lab_settings, chunk)
    grade_chunk(engine, chunk)
    with engine.begin() as connection:
        end_stage(connection, chunk, "scanned_at", NOW)
    assert _done(engine) == (True, False, False)
