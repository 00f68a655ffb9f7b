"""A run is graded again from its stored rows, beside the grades of an older version."""

from __future__ import annotations

import json
import logging
import re
import socket
from pathlib import Path

import pytest
import sqlalchemy as sa
from dnstats import regrade
from dnstats.db.models import Chunk, Grade
from dnstats.db.movement import movement
from dnstats.grade.scale import RULES_VERSION
from dnstats.settings import Settings
from dnstats.tasks.chunk_name import ChunkName, Refused
from dnstats.tasks.grade_chunk import grade_chunk
from dnstats.tasks.process_chunk import process_chunk
from dnstats.tasks.regrade_run import choose_run, compare_versions, regrade_run
from dnstats.tasks.scan_chunk import scan_chunk
from dnstats.tasks.tell_movement import tell_movement

from tests.tasks.conftest import NOW

OLDER = RULES_VERSION - 1


@pytest.fixture
def chunks(engine: sa.Engine, lab_settings: Settings, start_run) -> list[ChunkName]:
    """A run of two chunks, read and graded."""
    names: list[ChunkName] = start_run(last_rank=12, chunk_size=6)
    for chunk in names:
        scan_chunk(engine, lab_settings, chunk, now=NOW)
        process_chunk(engine, lab_settings, chunk)
        grade_chunk(engine, chunk)
    return names


def pretend_older_rules(engine: sa.Engine, chunk: int | None = None) -> None:
    """Make today's rows those of an older version that took nothing off for a missing CAA."""
    where = f"AND chunk = {chunk}" if chunk is not None else ""
    with engine.begin() as connection:
        for statement in (
            f"UPDATE grades SET rules_version = {OLDER} WHERE true {where}",
            f"UPDATE remarks SET rules_version = {OLDER} WHERE true {where}",
            f"UPDATE grades SET grade = 100 WHERE family = 'caa' AND grade > 0 {where}",
            f"DELETE FROM remarks WHERE code = 'CAA001' {where}",
        ):
            connection.execute(sa.text(statement))


def test_two_versions_stand_side_by_side_and_what_moved_is_told(
    engine: sa.Engine, chunks: list[ChunkName], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_older_rules(engine)
    monkeypatch.setattr(socket, "socket", None)
    regrade_run(engine, chunks[0]["run_id"], print)
    with engine.connect() as connection:
        versions = connection.execute(
            sa.select(Grade.rules_version, sa.func.count()).group_by(Grade.rules_version)
        ).all()
        moved = compare_versions(connection, chunks[0]["run_id"])
    assert {version for version, _ in versions} == {OLDER, RULES_VERSION}
    assert len({count for _, count in versions}) == 1
    assert moved is not None
    caa = next(one for one in moved.families if one.family == "caa")
    assert caa.down > 0
    assert (caa.up, caa.gained, caa.lost) == (0, 0, 0)
    assert moved.moved == caa.down
    assert [(one.code, one.gone, one.points > 0) for one in moved.rules] == [("CAA001", 0, True)]
    assert moved.rules[0].added >= caa.down
    told = "\n".join(tell_movement(moved))
    assert f"version {OLDER} -> {RULES_VERSION}" in told
    assert "CAA001" in told


def test_letters_that_changed_are_counted(engine: sa.Engine, chunks: list[ChunkName]) -> None:
    pretend_older_rules(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE grades SET grade = 99, letter = 'A+' WHERE family = 'overall' AND rank = "
                "(SELECT min(rank) FROM grades WHERE family = 'overall' AND letter <> 'A+')"
            )
        )
    regrade_run(engine, chunks[0]["run_id"])
    with engine.connect() as connection:
        moved = movement(connection, chunks[0]["run_id"], OLDER, RULES_VERSION)
        same = movement(connection, chunks[0]["run_id"], RULES_VERSION, RULES_VERSION)
    assert [(one.before, one.sites) for one in moved.letters] == [("A+", 1)]
    assert (same.moved, same.letters, same.rules) == (0, (), ())


def test_clearing_grade_chunk_tells_what_moved_in_the_chunk(
    engine: sa.Engine, chunks: list[ChunkName], caplog: pytest.LogCaptureFixture
) -> None:
    pretend_older_rules(engine, chunk=1)
    with caplog.at_level(logging.INFO):
        grade_chunk(engine, chunks[1])
        told = caplog.text
        caplog.clear()
        grade_chunk(engine, chunks[0])  # no older version stands there
    assert f"ranks 7-12: run {chunks[0]['run_id']}, rules version {OLDER}" in told
    assert "rules version" not in caplog.text


def test_a_chunk_that_was_never_read_is_left_out_and_said(
    engine: sa.Engine, chunks: list[ChunkName]
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.update(Chunk).where(Chunk.number == 1).values(processed_at=None))
    said: list[str] = []
    regrade_run(engine, chunks[0]["run_id"], said.append)
    assert said[-1] == "left out, for they were never read: ranks 7-12"
    with engine.begin() as connection:
        connection.execute(sa.update(Chunk).values(processed_at=None))
    with pytest.raises(Refused, match="nothing to grade"):
        regrade_run(engine, chunks[0]["run_id"], said.append)


def test_a_run_is_named_by_number_by_airflow_s_name_or_as_the_latest(
    engine: sa.Engine, chunks: list[ChunkName]
) -> None:
    run_id = chunks[0]["run_id"]
    with engine.connect() as connection:
        assert {choose_run(connection, name) for name in (str(run_id), "manual__1", "latest")} == {
            run_id
        }
        for name in ("999999", "9" * 30, "no such run", "' OR 1=1 --"):
            with pytest.raises(Refused, match="There is no run"):
                choose_run(connection, name)


def test_the_command_writes_everything_and_fails_with_one_sentence(
    engine: sa.Engine,
    chunks: list[ChunkName],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DNSTATS_DATABASE", url)
    monkeypatch.setenv("DNSTATS_VAR", str(tmp_path))
    assert regrade.main(["latest", "--compare"]) == 0
    assert "no grades by an older version" in capsys.readouterr().out
    pretend_older_rules(engine)
    assert regrade.main([str(chunks[0]["run_id"])]) == 0
    assert "sites have another grade" in capsys.readouterr().out
    (file,) = (tmp_path / "regrade").glob("run-*.json")
    assert json.loads(file.read_text())["after"] == RULES_VERSION
    assert regrade.main(["31415"]) == 1
    assert "There is no run '31415' here" in capsys.readouterr().err
    monkeypatch.setenv("DNSTATS_DATABASE", "postgresql://dnstats@127.0.0.1:1/dnstats")
    assert regrade.main([]) == 1
    assert "the database cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ("postgres", r'the database cannot be used \(.*"runs" does not exist'),
        (None, "the database URL must begin with postgresql://"),
    ],
)
def test_a_database_of_somebody_else_is_one_sentence(
    engine: sa.Engine,
    database: str | None,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = engine.url.set(database=database).render_as_string(hide_password=False)
    monkeypatch.setenv("DNSTATS_DATABASE", url if database else "mysql://a:secret@b/c")
    assert regrade.main(["latest"]) == 1
    told = capsys.readouterr().err
    assert re.search(said, told)
    assert "secret" not in told
    assert told.count("\n") == 1
