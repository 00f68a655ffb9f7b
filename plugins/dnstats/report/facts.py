"""What the readings of a run's sites come to, one row a site: a table for the time of a report.

The charts count it, the lists list it, `sites.parquet` holds it. The SQL is a file of its own.
"""

from __future__ import annotations

import sqlalchemy as sa

from dnstats.settings import ROOT

FILE = ROOT / "include" / "report" / "site_facts.sql"


def gather_facts(connection: sa.Connection, run_id: int) -> None:
    """Make the temporary table `site_facts` of one run, in place of another's; gone at the end of
    the transaction."""
    connection.execute(sa.text("DROP TABLE IF EXISTS pg_temp.site_facts"))
    connection.execute(sa.text(FILE.read_text("utf-8")).bindparams(run_id=run_id))
    connection.execute(sa.text("ANALYZE pg_temp.site_facts"))
