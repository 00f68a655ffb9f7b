"""lists taken, runs dropped

Which list runs use, what became of each try to bring one in, and what of a run was dropped by age.

Partitions are made apart and then attached: CREATE TABLE ... PARTITION OF would lock the whole
table against readers for as long as the transaction lasts, and the import of a list lasts half a
minute.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_MAKE_APART = """
CREATE OR REPLACE FUNCTION make_partition(parent text, key bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    partition text := parent || '_p' || key;
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_class
        WHERE relname = parent AND relnamespace = 'public'::regnamespace AND relkind = 'p'
    ) THEN
        RAISE EXCEPTION '% is not a partitioned table', parent;
    END IF;
    IF EXISTS (
        SELECT FROM pg_class
        WHERE relname = partition AND relnamespace = 'public'::regnamespace
    ) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', partition, parent);
    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES IN (%s)',
                   parent, partition, key);
END $$
"""
_MAKE_OF = """
CREATE OR REPLACE FUNCTION make_partition(parent text, key bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_class
        WHERE relname = parent AND relnamespace = 'public'::regnamespace AND relkind = 'p'
    ) THEN
        RAISE EXCEPTION '% is not a partitioned table', parent;
    END IF;
    EXECUTE format('CREATE TABLE IF NOT EXISTS public.%1$I PARTITION OF public.%2$I '
                   'FOR VALUES IN (%3$s)', parent || '_p' || key, parent, key);
END $$
"""


def _instant(name: str, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True, comment=comment)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.create_table(
        "list_updates",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dag_run_id", sa.Text(), nullable=False, comment="Airflow's name of the run"),
        sa.Column("source", sa.Text(), nullable=False, comment="URL or file that was asked"),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="running, taken, unchanged, refused (the old list stands)",
        ),
        sa.Column("said", sa.Text(), nullable=False, comment="one sentence on what happened"),
        sa.Column(
            "site_list_id",
            sa.BigInteger(),
            nullable=True,
            comment="the list taken, or found unchanged",
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        _instant("ended_at"),
        sa.ForeignKeyConstraint(
            ["site_list_id"],
            ["site_lists.id"],
            name=op.f("fk_list_updates_site_list_id_site_lists"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_updates")),
        sa.UniqueConstraint("dag_run_id", name=op.f("uq_list_updates_dag_run_id")),
        comment="Runs of update_sites: what became of each",
    )
    for column in (
        sa.Column(
            "published_id",
            sa.Text(),
            nullable=True,
            comment="the id that its publisher gave it, such as Tranco's",
        ),
        _instant(
            "taken_at",
            "when update_sites took it; runs that name no list use the newest of these. "
            "NULL: a run brought its own",
        ),
        sa.Column("etag", sa.Text(), nullable=True, comment="what its server calls this version"),
        sa.Column(
            "last_modified", sa.Text(), nullable=True, comment="its server's word, as it came"
        ),
        sa.Column(
            "changes",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="against the list taken before: new, gone and moved sites, and the foremost "
            "of them",
        ),
        _instant(
            "ranks_dropped_at",
            "when its rows in site_ranks were dropped, because no kept run needs them",
        ),
    ):
        op.add_column("site_lists", column)
    op.add_column(
        "runs",
        _instant("answers_dropped_at", "when its files in the archive were removed, by age"),
    )
    op.add_column(
        "runs",
        _instant(
            "rows_dropped_at",
            "when its site_runs, grades and remarks were dropped, by age; this row stays",
        ),
    )
    op.execute(_MAKE_APART)


def downgrade() -> None:
    op.execute(_MAKE_OF)
    for column in ("rows_dropped_at", "answers_dropped_at"):
        op.drop_column("runs", column)
    for column in (
        "ranks_dropped_at",
        "changes",
        "last_modified",
        "etag",
        "taken_at",
        "published_id",
    ):
        op.drop_column("site_lists", column)
    op.drop_table("list_updates")
