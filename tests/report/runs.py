"""Runs for the tests of the report: real readings, graded by the real rules, in real tables."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from dnstats.answer import Reason
from dnstats.db.bulk import copy_rows
from dnstats.db.models import Chunk, Grade, Remark, Run, SiteList, SiteRun
from dnstats.db.partitions import make_run_partitions
from dnstats.grade.grading import SiteGrades, grade_site, ungraded_site
from dnstats.grade.scale import RULES_VERSION, letter
from dnstats.process.readings import write_readings
from dnstats.records import bimi, caa, dmarc, mta_sts, mx, spf, tls_rpt
from dnstats.records.address import Address
from dnstats.records.dnssec import Dnssec, State
from dnstats.records.host import Host
from dnstats.records.record import NotMeasured, Reading

DAY = dt.date(2026, 11, 24)
NOW = dt.datetime(2026, 11, 24, 8, 0, tzinfo=dt.UTC)

Readings = Mapping[str, Reading | None]


def silent(families: Sequence[str]) -> dict[str, Reading | None]:
    """Nobody could tell."""
    return {family: NotMeasured(Reason.TIMEOUT, f"TXT {family}") for family in families}


ALL = (
    "address", "ns", "soa", "dnssec", "caa", "https", "mx", "dane", "mta_sts", "tls_rpt", "spf",
    "dmarc", "bimi", "msdcs",
)  # fmt: skip


class Site(dict[str, Any]):
    """A row of site_runs before it is one."""

    def __init__(self, domain: str, readings: Readings, **changes: Any) -> None:
        super().__init__(
            domain=domain, readings={**silent(ALL), **readings}, status="exists",
            is_measured=True, dns_provider="unknown", mail_provider="none", mail_gateway=None,
        )  # fmt: skip
        self.update(changes)


def nothing_there(domain: str, **changes: Any) -> Site:
    """A server said that there is nothing at all."""
    return Site(domain, dict.fromkeys(ALL), **changes)


def nobody_knows(domain: str) -> Site:
    """No question was answered."""
    return Site(
        domain, {}, status="not_measured", is_measured=False,
        dns_provider="not_measured", mail_provider="not_measured",
    )  # fmt: skip


def does_not_exist(domain: str) -> Site:
    """A server said that there is no such domain."""
    return nothing_there(domain, status="nxdomain", dns_provider="none", mail_provider="none")


def plausible_site(number: int, random_: random.Random) -> Site:
    """A site as the web has them, more or less."""
    domain = f"site-{number}.example"
    fate = random_.random()
    if fate < 0.03:
        return nobody_knows(domain)
    if fate < 0.06:
        return does_not_exist(domain)
    readings: dict[str, Reading | None] = dict.fromkeys(ALL)
    is_lucky = random_.random

    def text(family: Any, share: float, *texts: Any) -> Reading | None:
        read: Reading | None = family.parse_example(random_.choice(texts))
        return read if is_lucky() < share else None

    readings["spf"] = text(
        spf, 0.62, "v=spf1 include:mail.example -all", "v=spf1 a mx ~all", "v=spf1 mx ~all",
        "v=spf1 -all", "v=spf1 +all", "v=spf1 bogus:x -all", "v=spf1 a ?all",
    )  # fmt: skip
    readings["dmarc"] = text(
        dmarc, 0.42, "v=DMARC1; p=none; rua=mailto:d@example.com", "v=DMARC1; p=reject; sp=none",
        "v=DMARC1; p=quarantine", "v=DMARC1; p=reject; rua=mailto:d@example.com",
        "v=DMARC1; p=rejct",
    )  # fmt: skip
    readings["caa"] = text(
        caa, 0.18, ('0 issue "letsencrypt.org"', '0 issue "digicert.com"'), '0 issue "pki.goog"',
        ('0 issue ";"',), '0 iodef "mailto:pki@example.com"', ('0 issue "letsencrypt.org"',),
    )  # fmt: skip
    readings["mx"] = text(mx, 0.7, "10 mail.example.net, 20 mail2.example.net", "0 .",
                          "10 mail.example.net")  # fmt: skip
    readings["mta_sts"] = text(mta_sts, 0.03, "v=STSv1; id=1")
    readings["tls_rpt"] = text(tls_rpt, 0.02, "v=TLSRPTv1; rua=mailto:t@example.com")
    readings["bimi"] = text(bimi, 0.02, "v=BIMI1; l=https://example.com/l.svg")
    state = random_.choices(list(State), (7, 90, 1, 1))[0]
    readings["dnssec"] = Dnssec(domain, state, (), (), ())
    v6 = ("2001:db8::1",) if is_lucky() < 0.35 else ()
    host = Host(domain, ("192.0.2.1",), v6)
    readings["address"] = Address(host, host, True)
    if is_lucky() < 0.04:
        readings[random_.choice(ALL)] = NotMeasured(Reason.SERVFAIL, "x")
    providers = ("Cloudflare", "Amazon Route 53", "GoDaddy", "self-hosted", "unknown", "Google")
    mail = ("Google Workspace", "Microsoft 365", "self-hosted", "unknown", "Proofpoint")
    return Site(
        domain, readings, dns_provider=random_.choices(providers, (30, 20, 10, 15, 20, 5))[0],
        mail_provider="none" if readings["mx"] is None else random_.choice(mail),
    )  # fmt: skip


def plausible_sites(count: int, seed: int = 1) -> list[Site]:
    """`count` of them, the same for the same seed."""
    random_ = random.Random(seed)
    return [plausible_site(number, random_) for number in range(1, count + 1)]


def fill_run(
    connection: sa.Connection,
    sites: Sequence[Site],
    *,
    unread: int = 0,
    grades: Mapping[str, SiteGrades] | None = None,
    is_graded: bool = True,
    **changes: Any,
) -> int:
    """A run with these sites; `unread` more stand in a chunk that failed. Returns its id."""
    run_id = _make_run(connection, len(sites) + unread, changes)
    make_run_partitions(connection, run_id)
    _make_chunk(connection, run_id, 0, len(sites), NOW if is_graded else None)
    if unread:
        _make_chunk(connection, run_id, 1, unread, None)
    rows = []
    for rank, site in enumerate(sites, 1):
        values = {**site, "readings": write_readings(site["readings"])}
        rows.append((run_id, rank, 0, rank, 20, 1, *values.values()))
    columns = ("run_id", "rank", "chunk", "site_id", "questions", "not_measured",
               "domain", "readings", "status", "is_measured", "dns_provider", "mail_provider",
               "mail_gateway")  # fmt: skip
    copy_rows(connection, _table(SiteRun), columns, rows)
    if is_graded:
        for rank, site in enumerate(sites, 1):
            given = (grades or {}).get(site["domain"]) or _grade(site)
            _write_grades(connection, run_id, rank, given)
    return run_id


def _grade(site: Site) -> SiteGrades:
    if site["status"] == "nxdomain":
        return ungraded_site("the domain does not exist")
    return grade_site(site["readings"])


def _table(model: Any) -> sa.Table:
    table: sa.Table = model.__table__
    return table


def _make_run(connection: sa.Connection, sites: int, changes: dict[str, Any]) -> int:
    list_id = connection.scalar(
        sa.insert(SiteList)
        .values(name=changes.pop("site_list", f"list {random.random()}"), source="test",
                sha256="0", sites=sites, junk={})
        .returning(SiteList.id)
    )  # fmt: skip
    values = {
        "dag_run_id": f"manual__{random.random()}", "day": DAY, "source": "dns", "dns": "custom",
        "site_list_id": list_id, "first_rank": 1, "last_rank": sites, "chunk_size": 10_000,
        "settings": {"resolvers": ["192.0.2.53"]}, "versions": {}, "state": "done",
        "started_at": NOW, **changes,
    }  # fmt: skip
    run_id = connection.scalar(sa.insert(Run).values(**values).returning(Run.id))
    assert run_id is not None
    return run_id


def _make_chunk(
    connection: sa.Connection, run_id: int, number: int, sites: int, graded: dt.datetime | None
) -> None:
    connection.execute(
        sa.insert(Chunk).values(
            run_id=run_id, number=number, first_rank=1, last_rank=max(1, sites), sites=sites,
            archive=f"{run_id}/{number}.parquet", graded_at=graded,
        )
    )  # fmt: skip


def _write_grades(connection: sa.Connection, run_id: int, rank: int, given: SiteGrades) -> None:
    key = {"run_id": run_id, "rules_version": RULES_VERSION, "rank": rank, "chunk": 0,
           "site_id": rank}  # fmt: skip
    rows = [
        {**key, "family": one.family, "grade": one.grade, "why_none": one.why_none or None,
         "letter": None if one.grade is None else letter(one.grade),
         "abstained": list(one.abstained)}
        for one in given.families
    ]  # fmt: skip
    total = given.overall
    rows.append(
        {**key, "family": "overall", "grade": total, "abstained": [],
         "letter": None if total is None else letter(total),
         "why_none": None if total is not None else "no family has a grade"}
    )  # fmt: skip
    connection.execute(sa.insert(Grade), rows)
    remarks = [
        {**key, "code": one.code, "family": one.family, "severity": one.severity.value,
         "points": one.points, "evidence": one.evidence}
        for one in given.remarks
    ]  # fmt: skip
    if remarks:
        connection.execute(sa.insert(Remark), remarks)
