"""The archive: one Parquet file of answers a chunk, raw messages and all. It is open data.

A local folder by default, any fsspec URL by setting. A file appears whole or not at all: it is
written under a temporary name and moved into place. Nothing here judges or reads a record.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from dnstats.answer import Answer, Outcome, Question, Reason, not_asked

SCHEMA_VERSION = 1

_FIELDS: tuple[tuple[str, pa.DataType, str], ...] = (
    ("name", pa.string(), "name asked, canonical text (lower case, no trailing dot)"),
    ("type", pa.uint16(), "record type asked, IANA number"),
    ("server", pa.string(), "address asked directly (RD clear); empty: a resolver was asked"),
    ("cd", pa.bool_(), "asked with checking disabled"),
    ("pass", pa.uint8(), "1, or 2 when asked again because the first pass could not tell"),
    ("outcome", pa.string(), "present, nodata, nxdomain, referral, not_measured"),
    ("reason", pa.string(), "why it was not measured; null otherwise"),
    ("rcode", pa.uint16(), "response code with the extended bits; null without a response"),
    ("ede", pa.list_(pa.uint16()), "Extended DNS Error codes (RFC 8914), in order"),
    ("aa", pa.bool_(), "the response was authoritative"),
    ("ad", pa.bool_(), "the resolver validated it (RFC 4035 section 3.2.3)"),
    ("tcp", pa.bool_(), "the response came over TCP"),
    ("attempts", pa.uint8(), "messages sent in this pass"),
    ("rtt_ms", pa.float32(), "from the last sending to the response; null without one"),
    ("answered_by", pa.string(), "address that answered, or was asked last"),
    ("asked_at", pa.timestamp("ms", tz="UTC"), "when it was first sent in this pass"),
    ("message", pa.binary(), "the whole response with its ID zeroed; empty without one"),
)

SCHEMA = pa.schema(
    [pa.field(name, type_, metadata={"comment": comment}) for name, type_, comment in _FIELDS],
    metadata={"dnstats_archive_schema": str(SCHEMA_VERSION), "license": "CC-BY-4.0"},
)
"""The columns of an archive file; each field carries its description."""


class BadArchive(ValueError):
    """An archive file is missing or cannot be read; the message is for the operator."""


def chunk_path(day: dt.date, run_id: int, number: int) -> str:
    """Where a chunk's answers stand, below the archive: sorted by day, then run."""
    return f"{day:%Y/%m/%d}/run-{run_id:06d}/chunk-{number:05d}.parquet"


class ChunkArchive:
    """Gathers a chunk's answers in columns; `write` puts them into the archive at once."""

    def __init__(self) -> None:
        self._columns: dict[str, list[Any]] = {name: [] for name, _, _ in _FIELDS}
        self._append = [self._columns[name].append for name, _, _ in _FIELDS]

    def __len__(self) -> int:
        return len(self._columns["name"])

    def add(self, answer: Answer, pass_number: int, asked_at: float) -> None:
        """Keep one answer; `asked_at` in seconds since the epoch."""
        question = answer.question
        row = (
            question.name, question.rdtype, question.server, question.cd, pass_number,
            answer.outcome.value, answer.reason.value if answer.reason else None, answer.rcode,
            answer.ede, answer.aa, answer.ad, answer.tcp, min(answer.attempts, 255),
            answer.rtt_ms, answer.server, int(asked_at * 1000), answer.message,
        )  # fmt: skip
        for append, value in zip(self._append, row, strict=True):
            append(value)

    def write(self, archive: str, path: str) -> int:
        """Write the file and move it into place, over an older one; returns its bytes.

        Sorted by name and type, so that a researcher's filter reads a part of the file only and
        the same answers give the same bytes.
        """
        table = pa.table(self._columns, schema=SCHEMA)
        table = table.sort_by(
            [("name", "ascending"), ("type", "ascending"), ("server", "ascending"),
             ("cd", "ascending"), ("pass", "ascending")]
        )  # fmt: skip
        filesystem, root = fsspec.core.url_to_fs(archive)
        target = f"{root.rstrip('/')}/{path}"
        folder = target.rpartition("/")[0]
        filesystem.makedirs(folder, exist_ok=True)
        temporary = f"{folder}/.{uuid.uuid4().hex}.partial"
        try:
            with filesystem.open(temporary, "wb") as file:
                pq.write_table(table, file, compression="zstd", compression_level=3)
            size = int(filesystem.size(temporary))
            filesystem.mv(temporary, target)
        except BaseException:
            if filesystem.exists(temporary):
                filesystem.rm(temporary)
            raise
        return size


class ChunkAnswers:
    """The answers of one archive file, looked up by question; the last pass counts."""

    def __init__(self, table: pa.Table) -> None:
        columns = {name: table.column(name).to_pylist() for name in ("name", "type", "server")}
        cds = table.column("cd").to_pylist()
        passes = table.column("pass").to_pylist()
        rows: dict[Question, int] = {}
        keys = zip(columns["name"], columns["type"], columns["server"], cds, strict=True)
        for row, key in enumerate(keys):
            question = Question(*key)
            known = rows.get(question)
            if known is None or passes[row] >= passes[known]:
                rows[question] = row
        self._rows: Mapping[Question, int] = rows
        self._outcomes = [Outcome(value) for value in table.column("outcome").to_pylist()]
        self._reasons = table.column("reason").to_pylist()
        self._rest = {
            name: table.column(name).to_pylist()
            for name in ("rcode", "ede", "aa", "ad", "tcp", "attempts", "rtt_ms", "answered_by")
        }
        self._messages = table.column("message").to_pylist()
        self._answers: dict[Question, Answer] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def look(self, question: Question) -> Answer:
        """The final answer to a question; NOT_ASKED when the archive does not hold it."""
        answer = self._answers.get(question)
        if answer is None:
            row = self._rows.get(question)
            answer = not_asked(question) if row is None else self._build(question, row)
            self._answers[question] = answer
        return answer

    def _build(self, question: Question, row: int) -> Answer:
        rest = self._rest
        reason = self._reasons[row]
        return Answer(
            question,
            self._outcomes[row],
            Reason(reason) if reason else None,
            rest["rcode"][row],
            tuple(rest["ede"][row] or ()),
            rest["aa"][row],
            rest["ad"][row],
            rest["tcp"][row],
            rest["attempts"][row],
            rest["rtt_ms"][row],
            rest["answered_by"][row],
            self._messages[row],
        )


def read_chunk(archive: str, path: str) -> ChunkAnswers:
    """The answers of one chunk; `BadArchive` when the file is missing or broken."""
    filesystem, root = fsspec.core.url_to_fs(archive)
    target = f"{root.rstrip('/')}/{path}"
    try:
        with filesystem.open(target, "rb") as file:
            table = pq.read_table(file)
    except FileNotFoundError:
        raise BadArchive(
            f"there are no archived answers at {target}: scan this chunk first (clear scan_chunk), "
            "or choose a day that was scanned"
        ) from None
    except (pa.ArrowException, OSError) as fault:
        raise BadArchive(f"the archived answers at {target} cannot be read: {fault}") from fault
    missing = [name for name in SCHEMA.names if name not in table.column_names]
    if missing:
        raise BadArchive(f"the archive file {target} lacks the columns {', '.join(missing)}")
    return ChunkAnswers(table)


def has_chunk(archive: str, path: str) -> bool:
    """Whether the chunk's answers stand in the archive."""
    filesystem, root = fsspec.core.url_to_fs(archive)
    return bool(filesystem.exists(f"{root.rstrip('/')}/{path}"))
