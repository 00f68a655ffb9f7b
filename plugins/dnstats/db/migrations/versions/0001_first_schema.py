"""first schema

Rules of a migration: no lock held for long on a table of a running scan; the previous version of
the code must still work with the new schema; a new record family or rule needs none.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '10s'")
    op.create_table(
        "grades",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("rules_version", sa.SmallInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "grade",
            sa.SmallInteger(),
            nullable=True,
            comment="0-100; NULL: not measured, or does not apply (why_none says which)",
        ),
        sa.Column("letter", sa.Text(), nullable=True, comment="A+ to F"),
        sa.Column("why_none", sa.Text(), nullable=True, comment="why there is no grade"),
        sa.Column(
            "abstained",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="rules that could not tell",
        ),
        sa.PrimaryKeyConstraint(
            "run_id", "rules_version", "rank", "family", name=op.f("pk_grades")
        ),
        comment="Grades by site and record family ('overall' too); partitioned by run",
        postgresql_partition_by="LIST (run_id)",
    )
    op.create_table(
        "remarks",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("rules_version", sa.SmallInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="rule; see include/docs/rules.md"),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column(
            "points", sa.SmallInteger(), nullable=False, comment="lost in the family's grade"
        ),
        sa.Column(
            "evidence", sa.Text(), nullable=False, comment="what was found: record, server, count"
        ),
        sa.PrimaryKeyConstraint("run_id", "rules_version", "rank", "code", name=op.f("pk_remarks")),
        comment="Faults found, with the points they cost; partitioned by run",
        postgresql_partition_by="LIST (run_id)",
    )
    op.create_index("ix_remarks_code", "remarks", ["run_id", "code"], unique=False)
    op.create_table(
        "site_lists",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "name",
            sa.Text(),
            nullable=False,
            comment="the list's own id, or its file name and the start of its SHA-256",
        ),
        sa.Column("source", sa.Text(), nullable=False, comment="file or URL it came from"),
        sa.Column("sha256", sa.Text(), nullable=False, comment="of the file as it came"),
        sa.Column("sites", sa.Integer(), nullable=False, comment="rows that stand in site_ranks"),
        sa.Column(
            "junk",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="rows left out, counted by reason, with an example of each",
        ),
        sa.Column(
            "imported_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_lists")),
        sa.UniqueConstraint("name", name=op.f("uq_site_lists_name")),
        comment="Published lists of sites, as imported",
    )
    op.create_table(
        "site_runs",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False, comment="chunks.number"),
        sa.Column("site_id", sa.BigInteger(), nullable=False, comment="sites.id"),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Text(),
            nullable=False,
            comment="exists, nxdomain (a server said so), or not_measured",
        ),
        sa.Column(
            "is_measured",
            sa.Boolean(),
            nullable=False,
            comment="every graded family was measured; the run's coverage counts these",
        ),
        sa.Column(
            "dns_provider",
            sa.Text(),
            nullable=False,
            comment="operator of the name servers; self-hosted, unknown, none, not_measured",
        ),
        sa.Column(
            "mail_provider",
            sa.Text(),
            nullable=False,
            comment="operator of the mail hosts; self-hosted, unknown, none, not_measured",
        ),
        sa.Column(
            "mail_gateway", sa.Text(), nullable=True, comment="filter in front of the mail hosts"
        ),
        sa.Column(
            "questions", sa.Integer(), nullable=False, comment="look-ups that its reading rests on"
        ),
        sa.Column(
            "not_measured",
            sa.Integer(),
            nullable=False,
            comment="how many of them nobody could tell",
        ),
        sa.Column(
            "readings",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment='record family -> value; null: absent; {"is": "notmeasured"}: nobody could tell',
        ),
        sa.PrimaryKeyConstraint("run_id", "rank", name=op.f("pk_site_runs")),
        comment="One row a site and run: its records, read; partitioned by run",
        postgresql_partition_by="LIST (run_id)",
    )
    op.create_index("ix_site_runs_site_id", "site_runs", ["site_id"], unique=False)
    op.create_table(
        "sites",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "domain",
            sa.Text(),
            nullable=False,
            comment="lower case, ASCII (xn-- for IDNA), no trailing dot",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("domain", name=op.f("uq_sites_domain")),
        comment="Every domain that has stood in a site list",
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dag_run_id", sa.Text(), nullable=False, comment="Airflow's name of the run"),
        sa.Column("day", sa.Date(), nullable=False, comment="UTC day the answers belong to"),
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="dns: asked; archive: that day's answers, again",
        ),
        sa.Column(
            "dns",
            sa.Text(),
            nullable=False,
            comment="lab: practice internet; system or custom: real DNS",
        ),
        sa.Column("site_list_id", sa.BigInteger(), nullable=False),
        sa.Column("first_rank", sa.Integer(), nullable=False),
        sa.Column("last_rank", sa.Integer(), nullable=False),
        sa.Column("chunk_size", sa.Integer(), nullable=False),
        sa.Column(
            "settings",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="resolvers, pace, limits",
        ),
        sa.Column(
            "versions",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="of code, rules and archive schema",
        ),
        sa.Column(
            "state",
            sa.Text(),
            nullable=False,
            comment="running, done, short (coverage under the gate)",
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "summary",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="the figures of the end mail",
        ),
        sa.ForeignKeyConstraint(
            ["site_list_id"], ["site_lists.id"], name=op.f("fk_runs_site_list_id_site_lists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("dag_run_id", name=op.f("uq_runs_dag_run_id")),
        comment="Scans: which list, which day, with which settings and versions",
    )
    op.create_index("ix_runs_day", "runs", ["day"], unique=False)
    op.create_table(
        "site_ranks",
        sa.Column("site_list_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False, comment="1 is the first"),
        sa.Column("site_id", sa.BigInteger(), nullable=False, comment="sites.id"),
        sa.ForeignKeyConstraint(
            ["site_list_id"], ["site_lists.id"], name=op.f("fk_site_ranks_site_list_id_site_lists")
        ),
        sa.PrimaryKeyConstraint("site_list_id", "rank", name=op.f("pk_site_ranks")),
        comment="Ranks of sites per list; partitioned by list",
        postgresql_partition_by="LIST (site_list_id)",
    )
    op.create_index("ix_site_ranks_site_id", "site_ranks", ["site_id"], unique=False)
    op.create_table(
        "chunks",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="0 is the first"),
        sa.Column("first_rank", sa.Integer(), nullable=False),
        sa.Column("last_rank", sa.Integer(), nullable=False),
        sa.Column(
            "sites", sa.Integer(), nullable=False, comment="entries of the list in this slice"
        ),
        sa.Column(
            "archive",
            sa.Text(),
            nullable=False,
            comment="path of its Parquet file below the archive",
        ),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("graded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "scan_report",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=True,
            comment="counts of the scan by outcome and reason, pace, retries, flips",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["runs.id"], name=op.f("fk_chunks_run_id_runs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "number", name=op.f("pk_chunks")),
        comment="Slices of a run; the unit that is retried and cleared",
    )


def downgrade() -> None:
    op.drop_table("chunks")
    op.drop_index("ix_site_ranks_site_id", table_name="site_ranks")
    op.drop_table("site_ranks")
    op.drop_index("ix_runs_day", table_name="runs")
    op.drop_table("runs")
    op.drop_table("sites")
    op.drop_index("ix_site_runs_site_id", table_name="site_runs")
    op.drop_table("site_runs")
    op.drop_table("site_lists")
    op.drop_index("ix_remarks_code", table_name="remarks")
    op.drop_table("remarks")
    op.drop_table("grades")
