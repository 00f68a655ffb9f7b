"""What the readings of a run's sites come to, one row a site: a table for the time of a report.

The charts count it, the lists list it, `sites.parquet` holds it. The SQL is a file of its own.
"""

from __future__ import annotations

import sqlalchemy as sa

from dnstats.settings import ROOT

WORK_MEMORY = "128MB"  # of each sort and join; PostgreSQL's 4 MB send them to the disk
FILE = ROOT / "include" / "report" / "site_facts.sql"


def gather_facts(connection: sa.Connection, run_id: int) -> None:
    """Make the temporary table `site_facts` of one run, in place of another's; gone at the end of
    the transaction.

    A report sorts and joins all rows of a run: until then it has more memory to do it in.
    """
    connection.execute(sa.text(f"SET LOCAL work_mem = '{WORK_MEMORY}'"))
    connection.execute(sa.text("DROP TABLE IF EXISTS pg_temp.site_facts"))
    connection.execute(sa.text(FILE.read_text("utf-8")).bindparams(run_id=run_id))
    connection.execute(sa.text("ANALYZE pg_temp.site_facts"))
