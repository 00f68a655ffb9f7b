"""scan shares

Who may use which part of the rates at name servers: parallel scans share them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scan_shares",
        sa.Column("holder", sa.Text(), nullable=False, comment="one attempt at a chunk's scan"),
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.Column(
            "part", sa.Integer(), nullable=False, comment="of 27,720, which is the whole rate"
        ),
        sa.Column(
            "is_over", sa.Boolean(), nullable=False, comment="the scan has ended a moment ago"
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder", name="pk_scan_shares"),
        comment="Parts of the rates at name servers that scans hold now",
    )


def downgrade() -> None:
    op.drop_table("scan_shares")
