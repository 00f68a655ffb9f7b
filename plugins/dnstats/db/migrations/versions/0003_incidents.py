"""incidents: what somebody was told about already"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("kind", sa.Text(), nullable=False, comment="chunk_failed, run_failed and so on"),
        sa.Column("dag_id", sa.Text(), nullable=False, comment="Airflow's name of the flow"),
        sa.Column("dag_run_id", sa.Text(), nullable=False, comment="Airflow's name of the run"),
        sa.Column(
            "told_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False
        ),
        sa.PrimaryKeyConstraint("kind", "dag_id", "dag_run_id", name=op.f("pk_incidents")),
        comment="Incidents of runs that are under way and were told; emptied at a run's end",
    )


def downgrade() -> None:
    op.drop_table("incidents")
