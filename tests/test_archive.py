"""Archive files come back as they went in, whole or not at all."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from dnstats import chunk_answers, wire
from dnstats.answer import Answer, Outcome, Question, Reason
from dnstats.archive import (
    SCHEMA,
    BadArchive,
    ChunkArchive,
    check_writable,
    chunk_path,
    has_chunk,
    read_chunk,
)
from hypothesis import given
from hypothesis import strategies as st

answers = st.builds(
    Answer,
    st.builds(
        Question,
        st.binary(min_size=1, max_size=20).map(lambda raw: wire.escape_label(raw) + ".example"),
        st.integers(0, 65535),
        st.sampled_from(["", "192.0.2.1", "2001:db8::1"]),
        st.booleans(),
    ),
    st.sampled_from(Outcome),
    st.none() | st.sampled_from(Reason),
    st.none() | st.integers(0, 4095),
    st.lists(st.integers(0, 65535), max_size=3).map(tuple),
    *[st.booleans()] * 3,
    st.integers(0, 255),
    st.none() | st.integers(0, 10_000).map(float),
    st.sampled_from(["", "127.0.0.1"]),
    st.binary(max_size=100),
    st.just(1_700_000_000.5),
)


@given(st.lists(answers, max_size=10, unique_by=lambda answer: answer.question))
def test_answers_come_back_as_they_were(tmp_path_factory, kept: list[Answer]) -> None:
    folder = tmp_path_factory.mktemp("archive")
    archive = ChunkArchive()
    for answer in kept:
        archive.add(answer, 1, answer.asked_at)
    archive.write(str(folder), "a/b.parquet")
    read = read_chunk(str(folder), "a/b.parquet")
    assert [read.look(answer.question) for answer in kept] == kept


def test_the_second_pass_counts_and_the_first_is_kept(tmp_path: Path) -> None:
    question = Question("a.example", wire.TXT)
    archive = ChunkArchive()
    archive.add(Answer(question, Outcome.NODATA), 2, 20.0)
    archive.add(Answer(question, Outcome.NOT_MEASURED, Reason.TIMEOUT), 1, 10.0)
    archive.write(str(tmp_path), "c.parquet")
    assert read_chunk(str(tmp_path), "c.parquet").look(question).outcome is Outcome.NODATA
    assert pq.read_table(tmp_path / "c.parquet").num_rows == 2


def test_rows_in_another_order_are_found_all_the_same(tmp_path: Path) -> None:
    questions = [Question(f"{letter}.example", rdtype) for letter in "cab" for rdtype in (16, 1)]
    archive = ChunkArchive()
    for question in questions:
        archive.add(Answer(question, Outcome.NOT_MEASURED, Reason.TIMEOUT), 1, 10.0)
        archive.add(Answer(question, Outcome.NXDOMAIN, message=question.name.encode()), 2, 20.0)
    archive.write(str(tmp_path), "c.parquet")
    table = pq.read_table(tmp_path / "c.parquet")
    pq.write_table(table.take(list(reversed(range(len(table))))), tmp_path / "c.parquet")
    read = read_chunk(str(tmp_path), "c.parquet")
    assert [read.look(question).message.decode() for question in questions] == [
        question.name for question in questions
    ]


def test_more_answers_than_are_kept_as_objects_are_read_again(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(chunk_answers, "KEPT", 2)
    questions = [Question(f"{number}.example", wire.TXT) for number in range(7)]
    archive = ChunkArchive()
    for question in questions:
        archive.add(Answer(question, Outcome.NODATA, message=question.name.encode()), 1, 1.0)
    archive.write(str(tmp_path), "c.parquet")
    read = read_chunk(str(tmp_path), "c.parquet")
    for question in questions + questions:
        assert read.look(question).message.decode() == question.name


def test_a_file_without_a_column_says_which(tmp_path: Path) -> None:
    ChunkArchive().write(str(tmp_path), "c.parquet")
    pq.write_table(
        pq.read_table(tmp_path / "c.parquet").drop_columns(["aa", "message"]),
        tmp_path / "c.parquet",
    )
    with pytest.raises(BadArchive, match="lacks the columns aa, message"):
        read_chunk(str(tmp_path), "c.parquet")


def test_what_was_not_asked_is_not_measured(tmp_path: Path) -> None:
    ChunkArchive().write(str(tmp_path), "c.parquet")
    answer = read_chunk(str(tmp_path), "c.parquet").look(Question("a.example", wire.A))
    assert (answer.outcome, answer.reason) == (Outcome.NOT_MEASURED, Reason.NOT_ASKED)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    assert not has_chunk(str(tmp_path), "c.parquet")
    with pytest.raises(BadArchive, match="clear scan_chunk"):
        read_chunk(str(tmp_path), "c.parquet")


def test_a_file_that_is_no_parquet_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "c.parquet").write_bytes(b"half a file")
    with pytest.raises(BadArchive, match="cannot be read"):
        read_chunk(str(tmp_path), "c.parquet")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch) -> None:
    archive = ChunkArchive()
    archive.write(str(tmp_path), "c.parquet")
    before = (tmp_path / "c.parquet").read_bytes()
    archive.add(Answer(Question("a.example", 1), Outcome.NODATA), 1, 10.0)

    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", fail)
    with pytest.raises(OSError, match="no space"):
        archive.write(str(tmp_path), "c.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["c.parquet"]
    assert (tmp_path / "c.parquet").read_bytes() == before


def test_any_fsspec_url_will_do() -> None:
    ChunkArchive().write("memory://dnstats-test", "x/c.parquet")
    assert has_chunk("memory://dnstats-test", "x/c.parquet")
    assert len(read_chunk("memory://dnstats-test", "x/c.parquet")) == 0


def test_every_column_is_described() -> None:
    assert all(field.metadata[b"comment"] for field in SCHEMA)


def test_files_are_found_by_day_then_run() -> None:
    path = chunk_path(dt.date(2026, 3, 4), 12, 7)
    assert path == "2026/03/04/run-000012/chunk-00007.parquet"


@pytest.mark.parametrize("where", ["/dev/null/archive", "/sys/archive", "nosuch://bucket/archive"])
def test_an_archive_that_nothing_can_be_written_to_is_said_to_be_so(where: str) -> None:
    with pytest.raises(BadArchive, match="nothing can be written to the archive"):
        check_writable(where)


def test_trying_an_archive_leaves_nothing_in_it(tmp_path: Path) -> None:
    check_writable(str(tmp_path / "new"))
    assert list((tmp_path / "new").iterdir()) == []
