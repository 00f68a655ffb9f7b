"""The look-up of single sites: what was found at each, in files small enough to fetch one.

`sites/index.json` names the first domain of every file; the files hold the sites by domain, some
hundred each, as gzipped JSON, so that a million sites are 4,000 files of some 40 kB. `site.html`
fetches the one that a site stands in. All text is made visible before it is written.
"""

from __future__ import annotations

import functools
import gzip
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from dnstats.db.queries import Summary
from dnstats.report.families import FAMILIES
from dnstats.report.found import COLUMNS, found_at
from dnstats.report.remarks import RuleText
from dnstats.visible import visible

SITES_A_FILE = 250
MAX_EVIDENCE = 500
MAX_DOMAIN = 300
MAX_RECORD = 1000  # a name, a string of TXT and what to know: a record cut off must not be pasted
_short = functools.lru_cache(maxsize=4096)(visible)  # names of rules and families come again


class GradeRow(msgspec.Struct, array_like=True, frozen=True):
    """A family's grade as it is stored; "overall" is not among them."""

    family: str
    grade: int | None
    letter: str | None
    why_none: str | None
    abstained: tuple[str, ...]  # rules that could not tell


class RemarkRow(msgspec.Struct, array_like=True, frozen=True):
    """A remark as it is stored."""

    code: str
    family: str
    severity: str
    points: int
    evidence: str


class Way(Protocol):
    """What the next letter would take."""

    @property
    def next(self) -> str: ...
    @property
    def mend(self) -> Sequence[str]: ...
    @property
    def reaches(self) -> int | None: ...


class Advice(Protocol):
    """What the owner of a site should do first, and publish."""

    @property
    def way(self) -> Way | None: ...
    @property
    def gains(self) -> Sequence[float | None]: ...
    @property
    def order(self) -> Sequence[int]: ...
    @property
    def records(self) -> Mapping[str, Sequence[str]]: ...


Advise = Callable[[str, str, Sequence[GradeRow], Sequence[RemarkRow]], Advice]
"""Domain, mail provider, grades, remarks -> what to do."""

_ROWS = f"""
SELECT site_facts.domain, site_facts.rank, status, dns_provider, mail_provider,
       total.grade, total.letter, total.why_none, graded.rows, remarked.rows,
       {", ".join(COLUMNS)}
  FROM site_facts
  LEFT JOIN grades AS total ON total.run_id = :run_id AND total.rules_version = :rules_version
        AND total.rank = site_facts.rank AND total.family = 'overall'
  LEFT JOIN (SELECT rank, CAST(json_agg(json_build_array(family, grade, letter, why_none,
                                                         abstained)
                                        ORDER BY family) AS text) AS rows
               FROM grades
              WHERE run_id = :run_id AND rules_version = :rules_version AND family <> 'overall'
              GROUP BY rank) AS graded ON graded.rank = site_facts.rank
  LEFT JOIN (SELECT rank, CAST(json_agg(json_build_array(code, family, severity, points, evidence)
                                        ORDER BY points DESC, code) AS text) AS rows
               FROM remarks
              WHERE run_id = :run_id AND rules_version = :rules_version
              GROUP BY rank) AS remarked ON remarked.rank = site_facts.rank
 ORDER BY site_facts.domain COLLATE "C"
"""  # noqa: S608

_grades = msgspec.json.Decoder(tuple[GradeRow, ...])
_remarks = msgspec.json.Decoder(tuple[RemarkRow, ...])


def write_shards(
    connection: sa.Connection,
    summary: Summary,
    rules: Mapping[str, RuleText],
    advise: Advise,
    folder: Path,
) -> int:
    """Write the files of all sites into `folder`; returns how many. `site_facts` must stand."""
    folder.mkdir()
    query = sa.text(_ROWS).bindparams(
        run_id=summary.run_id, rules_version=summary.rules_version or 0
    )
    result = connection.execute(query, execution_options={"yield_per": SITES_A_FILE})
    first: list[str] = []
    for number, rows in enumerate(result.partitions(SITES_A_FILE)):
        sites = [_site(row, advise) for row in rows]
        first.append(sites[0]["domain"])
        content = msgspec.json.encode(sites)
        (folder / file_name(number)).write_bytes(gzip.compress(content, 6, mtime=0))
    names = {family: one.name for family, one in FAMILIES.items()}
    (folder / "index.json").write_bytes(msgspec.json.encode({"first": first, "families": names}))
    (folder / "rules.json").write_bytes(msgspec.json.encode(_rules(rules)))
    return len(first)


def file_name(number: int) -> str:
    """Of one of the files, counted from 0."""
    return f"{number:05d}.json.gz"


def _site(row: sa.Row[Any], advise: Advise) -> dict[str, Any]:
    domain, rank, status, dns, mail, grade, letter, why, graded, remarked, *facts = tuple(row)
    grades = _grades.decode(graded) if graded else ()
    remarks = _remarks.decode(remarked) if remarked else ()
    advice = advise(domain, mail, grades, remarks)
    way = advice.way
    return {
        "domain": visible(domain, MAX_DOMAIN),
        "rank": rank,
        "status": status,
        "dns": _short(dns, 80),
        "mail": _short(mail, 80),
        "grade": grade,
        "letter": letter,
        "why": why and visible(why, 200),
        "found": found_at(facts),
        "grades": [
            [
                _short(one.family, 40),
                one.grade,
                one.letter,
                one.why_none and _short(one.why_none),
                [_short(code, 40) for code in one.abstained],
            ]
            for one in grades
        ],
        "remarks": [
            [
                _short(one.code, 40),
                _short(one.family, 40),
                _short(one.severity, 20),
                one.points,
                visible(one.evidence, MAX_EVIDENCE),
                None if gain is None else round(gain, 1),
            ]
            for one, gain in ((remarks[at], advice.gains[at]) for at in advice.order)
        ],
        "publish": {
            _short(code, 40): [visible(line, MAX_RECORD) for line in lines]
            for code, lines in advice.records.items()
        },
        "next": way and {"letter": way.next, "mend": list(way.mend), "reaches": way.reaches},
    }


def _rules(rules: Mapping[str, RuleText]) -> dict[str, dict[str, str]]:
    return {
        code: {
            "title": visible(one.title),
            "help": visible(one.help, 2000),
            "reference": one.reference if one.reference.startswith("https://") else "",
        }
        for code, one in rules.items()
    }
