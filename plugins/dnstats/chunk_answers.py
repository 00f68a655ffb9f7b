"""A chunk's archived answers, looked up by question. Opens no file; judges and reads no record.

The columns stay as Arrow holds them and are read through views: as Python objects 300,000 answers
would be half a gigabyte, and most are looked at while one site is read and never again.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dnstats.answer import Answer, Outcome, Question, Reason, not_asked

KEPT = 20_000  # answers kept as objects: what some 500 sites ask, and what they share
NO_RCODE = -1
DICTIONARIES = ["server", "outcome", "reason", "answered_by"]
"""Columns of few values, to be read as dictionaries."""
READ = (
    "name", "type", "server", "cd", "pass", "outcome", "reason", "rcode", "ede", "aa", "ad", "tcp",
    "attempts", "rtt_ms", "answered_by", "asked_at", "message",
)  # fmt: skip
"""The columns that are read."""


class ChunkAnswers:
    """The answers of one archive file; of a question asked twice the last pass counts."""

    def __init__(self, columns: Mapping[str, pa.Array]) -> None:
        if not _is_sorted(columns["name"], columns["type"]):
            columns = _sort(columns)
        self._rows = len(columns["name"])
        self._number, self._starts = _names(columns["name"])
        self._types = _view(columns["type"], "H")
        self._servers = _Values(columns["server"])
        self._server_index = {server: at for at, server in enumerate(self._servers.values)}
        self._outcomes = _Values(columns["outcome"], Outcome)
        self._reasons = _Values(columns["reason"], Reason)
        self._answered_by = _Values(columns["answered_by"])
        self._flags = {
            name: _view(columns[name].cast(pa.uint8()), "B") for name in ("cd", "aa", "ad", "tcp")
        }
        self._attempts = _view(columns["attempts"], "B")
        self._rcodes = _view(columns["rcode"].cast(pa.int32()).fill_null(NO_RCODE), "i")
        self._rtts = _view(columns["rtt_ms"].fill_null(float("nan")), "f")
        asked_at = columns["asked_at"].cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64())
        self._asked_at = _view(asked_at.fill_null(0), "q")
        self._ede = _lists(columns["ede"])
        self._ends = _view(columns["message"], "q", extra=1)
        self._bytes = memoryview(columns["message"].buffers()[2] or b"")
        self._kept: dict[Question, Answer] = {}

    def __len__(self) -> int:
        """How many answers there are, those of first passes included."""
        return self._rows

    def look(self, question: Question) -> Answer:
        """The final answer to a question; NOT_ASKED when the archive does not hold it."""
        answer = self._kept.get(question)
        if answer is None:
            row = self._find(question)
            answer = not_asked(question) if row is None else self._build(question, row)
            if len(self._kept) >= KEPT:
                self._kept.clear()
            self._kept[question] = answer
        return answer

    def _find(self, question: Question) -> int | None:
        """The last row of a question: a name's rows are in the order of types, then passes."""
        number = self._number.get(question.name)
        server = self._server_index.get(question.server)
        if number is None or server is None:
            return None
        types, servers, cds = self._types, self._servers.places, self._flags["cd"]
        first, rdtype, cd = self._starts[number], question.rdtype, question.cd
        row = bisect_right(types, rdtype, first, self._starts[number + 1]) - 1
        while row >= first and types[row] == rdtype:
            if servers[row] == server and cds[row] == cd:
                return row
            row -= 1
        return None

    def _build(self, question: Question, row: int) -> Answer:
        flags = self._flags
        rcode = self._rcodes[row]
        rtt = self._rtts[row]
        return Answer(
            question,
            self._outcomes.at(row),
            self._reasons.at(row),
            None if rcode == NO_RCODE else rcode,
            self._ede.get(row, ()),
            flags["aa"][row] == 1,
            flags["ad"][row] == 1,
            flags["tcp"][row] == 1,
            self._attempts[row],
            None if rtt != rtt else rtt,  # NaN is the one number that differs from itself
            self._answered_by.at(row),
            self._bytes[self._ends[row] : self._ends[row + 1]].tobytes(),
            self._asked_at[row] / 1000,
        )


class _Values:
    """A dictionary column: few values, and which of them each row has."""

    def __init__(self, column: pa.Array, kind: Callable[[str], Any] = str) -> None:
        self.values = [*map(kind, column.dictionary.to_pylist()), None]
        self.places = _view(column.indices.fill_null(len(self.values) - 1), "i")

    def at(self, row: int) -> Any:
        return self.values[self.places[row]]


def whole(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece; messages in the form that may be longer than 2 GB."""
    if column.type == pa.binary():
        column = column.cast(pa.large_binary())
    return column.unify_dictionaries().combine_chunks()


def _view(array: pa.Array, code: Any, extra: int = 0) -> memoryview:
    """The numbers of an array (`extra` more than it has rows) without a copy; none may be null."""
    buffer = memoryview(array.buffers()[1] or b"")
    size = struct.calcsize(code)
    start, end = array.offset, array.offset + len(array) + extra
    if len(buffer) < end * size:  # an array of no rows may come without its buffer
        return memoryview(bytes(extra * size)).cast(code)
    return buffer[start * size : end * size].cast(code)


def _names(names: pa.Array) -> tuple[dict[str, int], memoryview]:
    """Every name's number in the order of the file, and where its rows begin (and the last end)."""
    count = len(names)
    if not count:
        return {}, memoryview(bytes(8)).cast("q")
    changes = pc.add(pc.indices_nonzero(pc.not_equal(names[1:], names[:-1])), 1)
    starts = pa.concat_arrays([pa.array([0, count]), changes.cast(pa.int64())])
    starts = starts.take(pc.sort_indices(starts))
    distinct = names.take(starts[:-1]).to_pylist()
    return {name: number for number, name in enumerate(distinct)}, _view(starts, "q")


def _lists(column: pa.Array) -> dict[int, tuple[int, ...]]:
    """The lists of the few rows that have one."""
    rows = pc.indices_nonzero(pc.greater(pc.list_value_length(column), 0))
    values = column.take(rows).to_pylist()
    return {row: tuple(value) for row, value in zip(rows.to_pylist(), values, strict=True)}


def _is_sorted(names: pa.Array, types: pa.Array) -> bool:
    """Whether the rows stand as they are written; another hand may have moved them."""
    before, after = names[:-1], names[1:]
    falls = pc.less(types[1:], types[:-1])
    wrong = pc.or_(pc.less(after, before), pc.and_(pc.equal(after, before), falls))
    return not pc.any(wrong).as_py()


def _sort(columns: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    table = pa.table(columns)
    table = table.sort_by([(key, "ascending") for key in ("name", "type", "pass")])
    return {name: whole(table.column(name)) for name in columns}
