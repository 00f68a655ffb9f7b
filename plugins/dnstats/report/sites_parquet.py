"""`sites.parquet`: every site of a run with its facts and grades, for researchers. Open data.

A fact is text; `not measured` and `does not apply` are values of their own in each. A grade is a
number, or null with the reason in `sites.csv`. Columns beside those of `site_facts`: `grade`,
`letter`, and `grade_<family>` for every family that was graded.
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
}


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
    schema = pa.schema([pa.field(name, _type(name)) for name in names], metadata=LICENCE)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for rows in result.partitions():
            columns = zip(*rows, strict=True)
            arrays = [
                pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _type(name: str) -> pa.DataType:
    return pa.int16() if name.startswith("grade") else _TYPES.get(name, pa.string())
