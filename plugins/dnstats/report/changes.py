"""What changed at the sites since the report before: two `sites.parquet`, compared by domain.

Only where both could tell. What was not measured on one of the days changed nothing, and how many
those are is told. Grades are compared only when both are by the same version of the rules.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dnstats.report.cells import harmless
from dnstats.report.chart import DOES_NOT_APPLY, NOT_MEASURED

FILE = "changes.csv"
FOREMOST = 12  # changes that the page names: of the sites with the highest ranks
TRANSITIONS = 12  # kinds of change that the page names: the commonest
FACTS: tuple[tuple[str, str], ...] = (
    ("spf", "SPF"),
    ("dmarc", "DMARC"),
    ("caa", "CAA"),
    ("dnssec", "DNSSEC"),
    ("ipv6", "IPv6 address"),
    ("https", "HTTPS record"),
    ("mta_sts", "MTA-STS"),
    ("tls_rpt", "TLS reporting"),
    ("dane", "DANE for mail"),
    ("bimi", "BIMI"),
)
"""Facts that are `published` or `none`, and their names."""

DETAILS: tuple[tuple[str, str], ...] = (
    ("spf_policy", "SPF ends in"),
    ("dmarc_policy", "DMARC policy"),
    ("dnssec_state", "DNSSEC"),
    ("mail", "mail"),
    ("dns_provider", "DNS provider"),
    ("mail_provider", "mail provider"),
)
"""Facts of which every move from one value to another is of interest."""

UNTOLD = (NOT_MEASURED, DOES_NOT_APPLY, "not_measured")


class Gain(NamedTuple):
    """Who began and who stopped to publish one thing."""

    title: str
    began: int
    stopped: int
    compared: int  # sites of which both days could tell
    not_compared: int

    @property
    def net(self) -> int:
        """More sites than before, or fewer."""
        return self.began - self.stopped


class Transition(NamedTuple):
    """A move from one value of a fact to another."""

    title: str
    before: str
    now: str
    sites: int


class SiteChange(NamedTuple):
    """One fact that changed at one site."""

    rank: int
    domain: str
    title: str
    before: str
    now: str


class Changes(NamedTuple):
    """Everything that the page tells of two reports."""

    since_day: str
    since_run: int
    since_home: str  # below the folder of the reports
    both: int  # domains in both reports
    new: int
    gone: int
    gains: tuple[Gain, ...]
    transitions: tuple[Transition, ...]
    better: int | None  # sites with a higher overall grade; None: other rules held
    worse: int | None
    foremost: tuple[SiteChange, ...]
    rows: int  # of changes.csv

    @property
    def headline(self) -> str:
        """The two largest moves, and the grades, in words; "" when nothing moved."""
        moved = sorted((one for one in self.gains if one.net), key=lambda one: -abs(one.net))
        said = [
            f"{one.title} at {_sites(abs(one.net), 'more' if one.net > 0 else 'fewer')}"
            for one in moved[:2]
        ]
        if self.better or self.worse:
            said.append(f"{_sites(self.better or 0)} graded better, {self.worse or 0:,} worse")
        return "; ".join(said)


def _sites(number: int, more: str = "") -> str:
    return " ".join(filter(None, (f"{number:,}", more, "site" if number == 1 else "sites")))


class _Pair:
    """The sites that stand in both reports, in the order of the newer one."""

    def __init__(self, old: pq.ParquetFile, new: pq.ParquetFile) -> None:
        self._old, self._new = old, new
        domains = _column(new, "domain")
        place = pc.index_in(domains, value_set=_column(old, "domain"))
        self._is_common = pc.is_valid(place)
        self._places = pc.filter(place, self._is_common)
        self.both = len(self._places)
        self.new = len(domains) - self.both
        self.gone = old.metadata.num_rows - self.both
        self.domains = pc.filter(domains, self._is_common)
        self.ranks = self.now("rank")

    def has(self, column: str) -> bool:
        """Whether both reports have the column, with the same type."""
        schemas = self._old.schema_arrow, self._new.schema_arrow
        return all(column in schema.names for schema in schemas) and (
            schemas[0].field(column).type == schemas[1].field(column).type
        )

    def was(self, column: str) -> pa.Array:
        """The older values."""
        return pc.take(_column(self._old, column), self._places)

    def now(self, column: str) -> pa.Array:
        """The newer values."""
        return pc.filter(_column(self._new, column), self._is_common)


def write_changes(
    before: Path, now: Path, path: Path, earlier: Mapping[str, Any], rules: int | None
) -> Changes | None:
    """Compare `sites.parquet` of two reports, and write every change of a fact to `path`.

    `earlier`: the figures of the report before, with its `home`; `rules`: the version of now.
    None when the older file is not there, or of a version that cannot be compared.
    """
    try:
        with pq.ParquetFile(before) as old, pq.ParquetFile(now) as new:
            if not {"domain", "rank"} <= set(old.schema_arrow.names):
                return None
            return _compare(_Pair(old, new), path, earlier, rules)
    except (OSError, pa.ArrowException):
        return None


def _compare(pair: _Pair, path: Path, earlier: Mapping[str, Any], rules: int | None) -> Changes:
    gains: list[Gain] = []
    transitions: list[Transition] = []
    found: list[SiteChange] = []
    for column, title in (*FACTS, *DETAILS):
        if not pair.has(column):
            continue
        was, is_now = pair.was(column), pair.now(column)
        untold = pa.array(UNTOLD)
        told = pc.invert(pc.or_(pc.is_in(was, untold), pc.is_in(is_now, untold)))
        differs = pc.and_(told, pc.not_equal(was, is_now))
        values = pc.filter(was, differs), pc.filter(is_now, differs)
        if (column, title) in FACTS:
            gains.append(_gain(title, values[1], _count(told), pair.both))
        else:
            transitions += _transitions(title, *values)
        sites = pc.filter(pair.ranks, differs), pc.filter(pair.domains, differs)
        for rank, domain, *moved in zip(
            *(one.to_pylist() for one in (*sites, *values)), strict=True
        ):
            found.append(SiteChange(rank, domain, title, *moved))
    found.sort()
    _write(found, path)
    better, worse = _grades(pair) if rules == earlier.get("rules_version") else (None, None)
    return Changes(
        since_day=str(earlier["day"]),
        since_run=int(earlier["run"]),
        since_home=str(earlier["home"]),
        both=pair.both,
        new=pair.new,
        gone=pair.gone,
        gains=tuple(gains),
        transitions=tuple(sorted(transitions, key=lambda one: -one.sites)[:TRANSITIONS]),
        better=better,
        worse=worse,
        foremost=tuple(found[:FOREMOST]),
        rows=len(found),
    )


def _gain(title: str, now: pa.Array, compared: int, both: int) -> Gain:
    began = _count(pc.equal(now, "published"))
    return Gain(title, began, len(now) - began, compared, both - compared)


def _transitions(title: str, was: pa.Array, now: pa.Array) -> list[Transition]:
    counted = pa.table({"before": was, "now": now}).group_by(["before", "now"])
    return [
        Transition(title, one["before"], one["now"], one["count_all"])
        for one in counted.aggregate([([], "count_all")]).to_pylist()
    ]


def _grades(pair: _Pair) -> tuple[int | None, int | None]:
    """Sites with a better and with a worse overall grade."""
    if not pair.has("grade"):
        return None, None
    was, now = pair.was("grade"), pair.now("grade")
    return _count(pc.greater(now, was)), _count(pc.less(now, was))


def _count(which: pa.Array) -> int:
    return int(pc.sum(which).as_py() or 0)


def _column(file: pq.ParquetFile, name: str) -> pa.Array:
    """One column whole; the others stay on the disk."""
    return file.read([name], use_threads=False).column(0).combine_chunks()


def _write(changes: list[SiteChange], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["rank", "domain", "what", "before", "now"])
        for one in changes:
            writer.writerow(harmless(str(cell)) for cell in one)
