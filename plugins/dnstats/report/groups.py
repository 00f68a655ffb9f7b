"""Sites that share a fate: by DNS provider, by mail provider, by top-level domain.

How many there are, how they are graded, and which faults are common to them and rare elsewhere: an
outage or a default of one provider is one thing, not as many as it has customers. Written whole as
CSV; the page shows the largest.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from dnstats.db.queries import Summary
from dnstats.report.cells import harmless
from dnstats.report.figure import percent
from dnstats.report.remarks import RuleText

SHOWN = 40  # groups on the page
SHARED_BY = 50.0  # percent of a group's sites that have a fault that is called shared
TIMES_ELSEWHERE = 2.0  # how much commoner it must be than at all other sites
FEWEST = 20  # sites of a group whose shared faults are looked for
FAULTS = 3  # of a group
RECORDS = ("spf", "dmarc", "dnssec", "caa", "ipv6", "mta_sts")


class View(NamedTuple):
    """One way to group sites."""

    name: str  # of its file
    title: str
    column: str  # of site_facts
    families: tuple[str, ...]  # whose grades and faults belong to it; empty: of all
    records: tuple[str, ...] = ()  # whose adoption it shows
    mark: int = 0  # how PostgreSQL's GROUPING() tells it from the others


DNS = ("ns", "soa", "dnssec")
MAIL = ("mx", "spf", "dmarc", "mta_sts", "tls_rpt", "dane")
VIEWS = (
    View("dns_providers", "DNS providers", "dns_provider", DNS, ("dnssec", "caa", "ipv6"), 0b011),
    View("mail_providers", "Mail providers", "mail_provider", MAIL, ("spf", "dmarc", "mta_sts"),
         0b101),
    View("tlds", "Top-level domains", "tld", (), RECORDS, 0b110),
)  # fmt: skip


class Share(NamedTuple):
    """Sites with a record, of those of which anybody could tell."""

    published: int
    told: int

    @property
    def percent(self) -> float:
        """Of 0-100."""
        return percent(self.published, self.told)


class Mean(NamedTuple):
    """A mean grade over the sites that have one."""

    grade: float
    sites: int


class SharedFault(NamedTuple):
    """A fault that most of a group's sites have, and few others."""

    code: str
    title: str
    here: float  # percent of the group's sites
    elsewhere: float  # percent of all other sites


class Group(NamedTuple):
    """The sites of one provider or top-level domain."""

    name: str
    sites: int  # that exist, or of which nobody could tell
    not_measured: int  # not in full
    shares: Mapping[str, Share]
    means: Mapping[str, Mean]
    faults: tuple[SharedFault, ...]


class GroupTable(NamedTuple):
    """All groups of a view, the largest first."""

    view: View
    families: tuple[str, ...]  # that have a column
    groups: tuple[Group, ...]
    untold: int  # sites of which nobody could tell where they belong
    nowhere: int  # sites that belong to none

    @property
    def outages(self) -> tuple[Group, ...]:
        """Groups that could not be measured: three times as often as all, and one site in ten."""
        sites = sum(one.sites for one in self.groups)
        usual = percent(sum(one.not_measured for one in self.groups), sites)
        return tuple(
            one
            for one in self.groups
            if one.sites >= FEWEST and percent(one.not_measured, one.sites) >= max(10.0, 3 * usual)
        )[:FAULTS]


_COUNTS = ", ".join(
    f"count(*) FILTER (WHERE {one} = 'published'), "
    f"count(*) FILTER (WHERE {one} IN ('published', 'none'))"
    for one in RECORDS
)
_SITES = f"""
SELECT GROUPING(dns_provider, mail_provider, tld), COALESCE(dns_provider, mail_provider, tld),
       count(*), count(*) FILTER (WHERE NOT is_measured), {_COUNTS}
  FROM site_facts WHERE status <> 'nxdomain'
 GROUP BY GROUPING SETS (dns_provider, mail_provider, tld)
"""  # noqa: S608
_GRADES = """
SELECT GROUPING(dns_provider, mail_provider, tld), COALESCE(dns_provider, mail_provider, tld),
       family, avg(grade)::float8, count(grade)
  FROM grades JOIN site_facts USING (rank)
 WHERE run_id = :run_id AND rules_version = :rules_version AND grade IS NOT NULL
 GROUP BY GROUPING SETS ((dns_provider, family), (mail_provider, family), (tld, family))
"""
_FAULTS = """
SELECT GROUPING(dns_provider, mail_provider, tld), COALESCE(dns_provider, mail_provider, tld),
       family, code, count(*)
  FROM remarks JOIN site_facts USING (rank)
 WHERE run_id = :run_id AND rules_version = :rules_version AND points > 0
 GROUP BY GROUPING SETS ((dns_provider, family, code), (mail_provider, family, code),
                         (tld, family, code))
"""


def read_groups(
    connection: sa.Connection, summary: Summary, rules: Mapping[str, RuleText]
) -> tuple[GroupTable, ...]:
    """Every view of the run. `site_facts` must stand (see `facts`)."""
    asked = {"run_id": summary.run_id, "rules_version": summary.rules_version or 0}
    sites = [tuple(row) for row in connection.execute(sa.text(_SITES))]
    grades = [tuple(row) for row in connection.execute(sa.text(_GRADES), asked)]
    faults = [tuple(row) for row in connection.execute(sa.text(_FAULTS), asked)]
    return tuple(_table(view, sites, grades, faults, rules) for view in VIEWS)


def _table(
    view: View,
    sites: Iterable[tuple[Any, ...]],
    grades: Iterable[tuple[Any, ...]],
    faults: Iterable[tuple[Any, ...]],
    rules: Mapping[str, RuleText],
) -> GroupTable:
    means: dict[str, dict[str, Mean]] = {}
    for mark, name, family, grade, count in grades:
        if mark == view.mark and (not view.families or family in (*view.families, "overall")):
            means.setdefault(name, {})[family] = Mean(grade, count)
    found: dict[str, dict[str, int]] = {}
    everywhere: dict[str, int] = {}
    for mark, name, family, code, count in faults:
        if mark == view.mark and (not view.families or family in view.families):
            found.setdefault(name, {})[code] = count
            everywhere[code] = everywhere.get(code, 0) + count
    rows = [row[1:] for row in sites if row[0] == view.mark]
    total = sum(row[1] for row in rows)
    groups = [
        Group(
            name,
            count,
            not_measured,
            {one: Share(*counts[2 * at : 2 * at + 2]) for at, one in enumerate(RECORDS)},
            means.get(name, {}),
            _shared(found.get(name, {}), count, everywhere, total, rules),
        )
        for name, count, not_measured, *counts in rows
        if name not in ("none", "not_measured")
    ]
    named = {name: count for name, count, *_ in rows}
    return GroupTable(
        view,
        view.families or ("overall",),
        tuple(sorted(groups, key=lambda one: (-one.sites, one.name))),
        named.get("not_measured", 0),
        named.get("none", 0),
    )


def _shared(
    found: Mapping[str, int],
    sites: int,
    everywhere: Mapping[str, int],
    total: int,
    rules: Mapping[str, RuleText],
) -> tuple[SharedFault, ...]:
    if sites < FEWEST or total == sites:
        return ()
    shared = []
    for code, count in found.items():
        here = percent(count, sites)
        elsewhere = percent(everywhere[code] - count, total - sites)
        if here >= SHARED_BY and here >= TIMES_ELSEWHERE * elsewhere:
            title = rules[code].title if code in rules else ""
            shared.append(SharedFault(code, title, here, elsewhere))
    return tuple(sorted(shared, key=lambda one: (one.elsewhere - one.here, one.code))[:FAULTS])


def write_groups(tables: Iterable[GroupTable], folder: Path) -> None:
    """One CSV a view: counts as they are, so that every share can be taken anew."""
    for table in tables:
        families = (*table.view.families, "overall")
        with (folder / f"{table.view.name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(
                [
                    "name", "sites", "not_measured_in_full",
                    *(f"{one}_{what}" for one in RECORDS for what in ("published", "told")),
                    *(f"{one}_{what}" for one in families for what in ("mean_grade", "graded")),
                    "shared_faults",
                ]
            )  # fmt: skip
            for group in table.groups:
                writer.writerow(map(harmless, _cells(group, families)))


def _cells(group: Group, families: Iterable[str]) -> list[str]:
    cells = [group.name, str(group.sites), str(group.not_measured)]
    for record in RECORDS:
        cells += map(str, group.shares[record])
    for family in families:
        mean = group.means.get(family)
        cells += ["", "0"] if mean is None else [f"{mean.grade:.2f}", str(mean.sites)]
    faults = (f"{one.code} {one.here:.1f}% ({one.elsewhere:.1f}%)" for one in group.faults)
    return [*cells, "; ".join(faults)]
