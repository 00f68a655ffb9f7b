"""The lists of a run: rank and domain of all sites of one kind, as CSV and JSON. Open data.

What was not measured stands in no list: neither in that of the sites with a record nor in that of
those without. The manifest and the page say how many that are.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

import sqlalchemy as sa

from dnstats.report.cells import harmless


class SiteList(NamedTuple):
    """One list: a condition over the columns of `site_facts`."""

    name: str
    title: str
    column: str  # the fact that it is about
    condition: str


def _is(name: str, title: str, column: str, value: str) -> SiteList:
    return SiteList(name, title, column, f"{column} = '{value}'")


LISTS: tuple[SiteList, ...] = (
    _is("mx", "sites that take mail", "mail", "takes mail"),
    _is("no_mx", "sites without MX record", "mail", "no MX record"),
    _is("null_mx", "sites that take no mail and say so", "mail", "null MX: takes no mail"),
    _is("spf", "sites with SPF", "spf", "published"),
    _is("no_spf", "sites without SPF", "spf", "none"),
    _is("spf_pass", "SPF ends in +all", "spf_policy", "+all (pass)"),
    _is("spf_neutral", "SPF ends in ?all", "spf_policy", "?all (neutral)"),
    _is("spf_softfail", "SPF ends in ~all", "spf_policy", "~all (softfail)"),
    _is("spf_fail", "SPF ends in -all", "spf_policy", "-all (fail)"),
    _is("spf_permerror", "SPF that receivers cannot use", "spf_policy", "permanent error"),
    _is("dmarc", "sites with DMARC", "dmarc", "published"),
    _is("no_dmarc", "sites without DMARC", "dmarc", "none"),
    _is("dmarc_none", "DMARC p=none", "dmarc_policy", "p=none"),
    _is("dmarc_quarantine", "DMARC p=quarantine", "dmarc_policy", "p=quarantine"),
    _is("dmarc_reject", "DMARC p=reject", "dmarc_policy", "p=reject"),
    _is("dmarc_invalid", "DMARC without a valid policy", "dmarc_policy", "no valid policy"),
    _is("caa", "sites with CAA", "caa", "published"),
    _is("no_caa", "sites without CAA", "caa", "none"),
    _is("caa_reporting", "CAA that asks for reports", "caa_reporting", "reports wanted"),
    _is("no_caa_reporting", "CAA that asks for none", "caa_reporting", "no reports"),
    _is("dnssec", "sites whose zone is signed", "dnssec", "published"),
    _is("no_dnssec", "sites whose zone is not signed", "dnssec", "none"),
    _is("dnssec_bogus", "sites whose signatures do not hold", "dnssec_state", "bogus"),
    _is("ipv6", "sites with an IPv6 address", "ipv6", "published"),
    _is("no_ipv6", "sites without IPv6 address", "ipv6", "none"),
    _is("https", "sites with an HTTPS record", "https", "published"),
    _is("mta_sts", "sites with MTA-STS", "mta_sts", "published"),
    _is("tls_rpt", "sites with TLS reporting", "tls_rpt", "published"),
    _is("dane", "sites with DANE for mail", "dane", "published"),
    _is("bimi", "sites with BIMI", "bimi", "published"),
    _is("lame", "sites with a lame name server", "ns_service", "some do not serve the zone"),
)


class WrittenList(NamedTuple):
    """A list with its numbers."""

    name: str
    title: str
    sites: int
    not_measured: int  # sites of which nobody could tell whether they belong here


def write_lists(
    connection: sa.Connection, folder: Path, sites_without_row: int = 0
) -> tuple[WrittenList, ...]:
    """Write every list into `folder`, sites by rank. `site_facts` must stand (see `facts`)."""
    folder.mkdir()
    conditions = ", ".join(f"({one.condition})" for one in LISTS)
    query = sa.text(f"SELECT rank, domain, {conditions} FROM site_facts ORDER BY rank")  # noqa: S608
    with ExitStack() as stack:
        writers = [_Writer(folder, one.name, stack) for one in LISTS]
        for row in connection.execute(query, execution_options={"yield_per": 2000}):
            rank, domain, *belongs = row
            # A site stands in a dozen lists: its lines are made once.
            text = f"{rank},{_csv_cell(domain)}\n"
            entry = json.dumps({"rank": rank, "domain": domain})
            for writer, is_one in zip(writers, belongs, strict=True):
                if is_one:
                    writer.add(text, entry)
    unknown = _not_measured(connection)
    return tuple(
        WrittenList(one.name, one.title, writer.count, unknown[one.column] + sites_without_row)
        for one, writer in zip(LISTS, writers, strict=True)
    )


def _not_measured(connection: sa.Connection) -> dict[str, int]:
    columns = sorted({one.column for one in LISTS})
    counts = ", ".join(f"count(*) FILTER (WHERE {c} = 'not measured') AS {c}" for c in columns)
    row = connection.execute(sa.text(f"SELECT {counts} FROM site_facts")).one()  # noqa: S608
    return dict(row._mapping)


class _Writer:
    """One list's two files."""

    def __init__(self, folder: Path, name: str, stack: ExitStack) -> None:
        self.count = 0
        self._rows = self._open(folder / f"{name}.csv", stack)
        self._rows.write("rank,domain\n")
        self._json = self._open(folder / f"{name}.json", stack)
        self._json.write("[")
        stack.callback(lambda: self._json.write("\n]\n"))  # called before the file is closed

    @staticmethod
    def _open(path: Path, stack: ExitStack) -> IO[str]:
        return stack.enter_context(path.open("w", encoding="utf-8", newline=""))

    def add(self, text: str, entry: str) -> None:
        """One site, as a line of CSV and as JSON."""
        self._rows.write(text)
        self._json.write(",\n" if self.count else "\n")
        self._json.write(entry)
        self.count += 1


def _csv_cell(text: str) -> str:
    """A cell as `csv` writes it."""
    cell = harmless(text)
    if not any(one in cell for one in ',"\r\n'):
        return cell
    return '"' + cell.replace('"', '""') + '"'
