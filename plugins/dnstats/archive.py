"""The archive: one Parquet file of answers a chunk, raw messages and all. It is open data.

A local folder by default, any fsspec URL by setting. A file appears whole or not at all: it is
written under a temporary name and moved into place. Nothing here judges or reads a record.
"""

from __future__ import annotations

import datetime as dt
import uuid
from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dnstats.answer import Answer
from dnstats.chunk_answers import DICTIONARIES, READ, ChunkAnswers, whole

# Arrow's own allocator keeps three times what a chunk needs for the life of the process.
pa.set_memory_pool(pa.system_memory_pool())

SCHEMA_VERSION = 1
ROWS_A_GROUP = 1 << 15  # a filter on a name reads one group of a chunk's ten
ORDER = ("name", "type", "server", "cd", "pass")
UNIQUE = frozenset(("rtt_ms", "asked_at", "message"))
"""Columns in which next to no value comes twice: a dictionary would be in the way."""

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


def check_writable(archive: str) -> None:
    """`BadArchive` when nothing can be written there: to be known before hours of asking."""
    try:
        filesystem, root = fsspec.core.url_to_fs(archive)
        filesystem.makedirs(root.rstrip("/"), exist_ok=True)
        probe = f"{root.rstrip('/')}/.{uuid.uuid4().hex}.partial"
        with filesystem.open(probe, "wb") as file:
            file.write(b"writable")
        filesystem.rm_file(probe)
    except Exception as fault:  # every kind of store has faults of its own
        raise BadArchive(
            f"nothing can be written to the archive {archive} ({fault}): mend that, or name "
            "another in DNSTATS_ARCHIVE"
        ) from fault


class ChunkArchive:
    """Gathers a chunk's answers; `write` puts them into the archive at once, and keeps none."""

    def __init__(self) -> None:
        self._answers: list[Answer] = []
        self._passes = array("B")
        self._asked_at = array("d")

    def __len__(self) -> int:
        """How many answers there are or were."""
        return len(self._passes)

    def add(self, answer: Answer, pass_number: int, asked_at: float) -> None:
        """Keep one answer; `asked_at` in seconds since the epoch."""
        self._answers.append(answer)
        self._passes.append(pass_number)
        self._asked_at.append(asked_at)

    def _columns(self) -> Iterator[Sequence[Any]]:
        """The values of each column, in the order of the schema."""
        answers, self._answers = self._answers, []
        questions = [answer.question for answer in answers]
        yield [question.name for question in questions]
        yield [question.rdtype for question in questions]
        yield [question.server for question in questions]
        yield [question.cd for question in questions]
        yield self._passes
        yield [answer.outcome for answer in answers]
        yield [answer.reason for answer in answers]
        yield [answer.rcode for answer in answers]
        yield [answer.ede for answer in answers]
        yield [answer.aa for answer in answers]
        yield [answer.ad for answer in answers]
        yield [answer.tcp for answer in answers]
        yield [answer.attempts if answer.attempts < 256 else 255 for answer in answers]
        yield [answer.rtt_ms for answer in answers]
        yield [answer.server for answer in answers]
        yield [int(seconds * 1000) for seconds in self._asked_at]
        yield [answer.message for answer in answers]

    def write(self, archive: str, path: str) -> int:
        """Write the file and move it into place, over an older one; returns its bytes.

        Sorted by name and type, so that a researcher's filter reads a part of the file only and
        the same answers give the same bytes. The answers are let go as soon as their columns stand,
        and put in order a row group at a time: a chunk is in memory twice, not four times.
        """
        columns = [
            pa.array(values, field.type)
            for field, values in zip(SCHEMA, self._columns(), strict=True)
        ]
        table = pa.table(columns, schema=SCHEMA)
        order = pc.sort_indices(table, sort_keys=[(key, "ascending") for key in ORDER])
        filesystem, root = fsspec.core.url_to_fs(archive)
        target = f"{root.rstrip('/')}/{path}"
        folder = target.rpartition("/")[0]
        filesystem.makedirs(folder, exist_ok=True)
        temporary = f"{folder}/.{uuid.uuid4().hex}.partial"
        try:
            with filesystem.open(temporary, "wb") as file:
                _write_groups(table, order, file)
            size = int(filesystem.size(temporary))
            filesystem.mv(temporary, target)
        except BaseException:
            if filesystem.exists(temporary):
                filesystem.rm(temporary)
            raise
        return size


def _write_groups(table: pa.Table, order: pa.Array, file: Any) -> None:
    dictionaries = [name for name in SCHEMA.names if name not in UNIQUE]
    with pq.ParquetWriter(
        file, SCHEMA, compression="zstd", compression_level=3, use_dictionary=dictionaries
    ) as writer:
        for start in range(0, len(table), ROWS_A_GROUP):
            writer.write_table(table.take(order[start : start + ROWS_A_GROUP]))


def read_chunk(archive: str, path: str) -> ChunkAnswers:
    """The answers of one chunk; `BadArchive` when the file is missing or broken."""
    filesystem, root = fsspec.core.url_to_fs(archive)
    target = f"{root.rstrip('/')}/{path}"
    try:
        with filesystem.open(target, "rb") as file:
            parquet = pq.ParquetFile(file, read_dictionary=DICTIONARIES)
            missing = [name for name in SCHEMA.names if name not in parquet.schema_arrow.names]
            if missing:
                raise BadArchive(
                    f"the archive file {target} lacks the columns {', '.join(missing)}"
                )
            # Column by column, so that only one of them is in memory twice while it is decoded;
            # on one thread, for a chunk's task shares the machine with those of other chunks.
            columns = {
                name: whole(parquet.read([name], use_threads=False).column(name)) for name in READ
            }
    except FileNotFoundError:
        raise BadArchive(
            f"there are no archived answers at {target}: scan this chunk first (clear scan_chunk), "
            "or choose a day that was scanned"
        ) from None
    except (pa.ArrowException, OSError) as fault:
        raise BadArchive(f"the archived answers at {target} cannot be read: {fault}") from fault
    return ChunkAnswers(columns)


def has_chunk(archive: str, path: str) -> bool:
    """Whether the chunk's answers stand in the archive."""
    filesystem, root = fsspec.core.url_to_fs(archive)
    return bool(filesystem.exists(f"{root.rstrip('/')}/{path}"))


def chunk_bytes(archive: str, path: str) -> Iterator[bytes]:
    """A chunk's file as it lies, piece by piece; `BadArchive` at once when it is missing."""
    filesystem, root = fsspec.core.url_to_fs(archive)
    target = f"{root.rstrip('/')}/{path}"
    try:
        file = filesystem.open(target, "rb")
    except OSError as fault:
        raise BadArchive(f"there are no archived answers at {path}") from fault

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(1 << 20):
                yield piece

    return pieces()
