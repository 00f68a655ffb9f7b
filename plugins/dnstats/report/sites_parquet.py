"""`sites.parquet`: every site of a run with its facts and grades, for researchers. Open data.

A fact is text; `not measured` and `does not apply` are values of their own in each. A grade is a
number, or null with the reason in `sites.csv`. Columns beside those of `site_facts`: `grade`,
`letter`, and `grade_<family>` for every family that was graded. Each column says what it is, in the
file (`comment`), in `datapackage.json` and in include/docs/data.md.
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from dnstats.db.models import Grade
from dnstats.db.queries import Summary

BATCH = 20_000  # rows in memory at a time
LICENCE = {"license": "CC-BY-4.0", "source": "DNStats"}
_TYPES = {
    "rank": pa.int32(),
    "is_measured": pa.bool_(),
    "dnssec_algorithms": pa.list_(pa.int16()),
    "caa_issuers": pa.list_(pa.string()),
    "spf_lookups": pa.int16(),
    "mx_count": pa.int16(),
    "ns_count": pa.int16(),
}
_IS_THERE = "published, none, not measured, or does not apply (there is no such domain)"
COLUMNS: dict[str, str] = {
    "rank": "in the site list; 1 is the first",
    "domain": "as asked: lower case, ASCII (xn-- for IDNA), no trailing dot",
    "tld": "the last label of the domain",
    "status": "exists, nxdomain (a server said so), not_measured",
    "is_measured": "every graded family was measured",
    "dns_provider": "operator of the name servers; self-hosted, unknown, none, not_measured",
    "mail_provider": "operator of the mail hosts; self-hosted, unknown, none, not_measured",
    "mail_gateway": "filter in front of the mail hosts; null for none",
    "band": "of ranks, with an en dash: 1–100 to above 100,000",
    "spf": f"SPF record: {_IS_THERE}",
    "dmarc": f"DMARC record, its own or one that holds for it: {_IS_THERE}",
    "mx": f"MX record, a null MX among them: {_IS_THERE}",
    "caa": f"CAA record, its own or one above it: {_IS_THERE}",
    "dnssec": f"DS record, its own or one above it: {_IS_THERE}",
    "ipv6": f"AAAA record: {_IS_THERE}",
    "https": f"HTTPS record: {_IS_THERE}",
    "mta_sts": f"MTA-STS record: {_IS_THERE}",
    "tls_rpt": f"TLS reporting record: {_IS_THERE}",
    "dane": f"TLSA record at a mail host: {_IS_THERE}",
    "bimi": f"BIMI record: {_IS_THERE}",
    "spf_policy": "the last word of the SPF record, or that it cannot be used",
    "dmarc_policy": "the policy that holds for the domain",
    "dmarc_subdomain_policy": "the policy that holds for its subdomains",
    "dmarc_reports": "whether aggregate reports are asked for",
    "mail": "whether the domain takes mail",
    "mx_hosts": "mail hosts: 1 to 4, or 5 or more",
    "mx_ipv6": "whether a mail host has an IPv6 address",
    "dnssec_state": "secure, bogus, not signed, or signed and not validated",
    "dnssec_algorithms": "IANA numbers of the algorithms of the DS records; null without one",
    "caa_issuers": "who may issue, as CAA names them; null without CAA",
    "caa_reporting": "whether CAA asks for reports of refused requests (iodef)",
    "caa_issue_records": "CAA records with the tag issue: 0, 1, 2–5, 6–10, 11 or more",
    "caa_wildcard": "whether CAA has rules for wildcards",
    "bimi_state": "what the BIMI record comes to",
    "ns_hosts": "name servers: 1 to 4, 5–6, 7 or more",
    "spf_lookups": "DNS look-ups that SPF takes, of ten at most; null without a record",
    "mx_count": "MX records; null without one",
    "ns_count": "names of name servers; null without one",
    "ns_service": "whether the name servers serve the zone when asked directly",
    "ns_ipv6": "whether a name server has an IPv6 address",
    "soa_serials": "whether the name servers have the same zone",
    "grade": "overall grade, 0-100; null: not measured, or does not apply (sites.csv says which)",
    "letter": "of the overall grade, A+ to F; null likewise",
}
"""What each column says, in the order of the file."""


def write_parquet(connection: sa.Connection, summary: Summary, path: Path) -> None:
    """Write the file, sites by rank. `site_facts` must stand (see `facts`)."""
    of_run = Grade.run_id == summary.run_id, Grade.rules_version == summary.rules_version
    families = sorted(connection.scalars(sa.select(Grade.family).distinct().where(*of_run)))
    graded = [family for family in families if family != "overall"]
    grades = (
        sa.select(
            Grade.rank.label("graded_rank"),
            *(
                sa.func.max(Grade.grade).filter(Grade.family == family).label(f"grade_{family}")
                for family in graded
            ),
            sa.func.max(Grade.grade).filter(Grade.family == "overall").label("grade"),
            sa.func.max(Grade.letter).filter(Grade.family == "overall").label("letter"),
        )
        .where(*of_run)
        .group_by(Grade.rank)
        .subquery()
    )
    facts = sa.table("site_facts", sa.column("rank"))
    query = (
        sa.select(sa.text("site_facts.*"), *list(grades.c)[1:])
        .select_from(facts)
        .join(grades, grades.c.graded_rank == facts.c.rank, isouter=True)
        .order_by(facts.c.rank)
    )
    result = connection.execute(query, execution_options={"yield_per": BATCH})
    names = tuple(result.keys())
    schema = pa.schema(
        [pa.field(name, _type(name), metadata={"comment": meaning(name)}) for name in names],
        metadata=LICENCE,
    )
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in result.partitions():
            columns = zip(*rows, strict=True)
            arrays = [
                pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def meaning(column: str) -> str:
    """What a column says."""
    family = column.removeprefix("grade_")
    if family != column:
        return f"grade of {family.replace('_', '-')}, 0-100; null: not measured, or does not apply"
    return COLUMNS[column]


def _type(name: str) -> pa.DataType:
    return pa.int16() if name.startswith("grade") else _TYPES.get(name, pa.string())
