"""incidents.said: what a task that failed said, for the alert and the end mail"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "incidents",
        sa.Column("said", sa.Text(), comment="What the task that failed said, in one line"),
    )


def downgrade() -> None:
    op.drop_column("incidents", "said")
