"""What a run is that was ended before it was counted; chunks.scan_begun_at"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# The comments are what the columns say of themselves; the previous version leaves the new one empty.
RUNS = "running, done, short (coverage under the gate)"
LISTS = "running, taken, unchanged, refused (the old list stands)"


def upgrade() -> None:
    begun = "when a scan of it was last begun; an older one that still goes on may not end"
    op.add_column("chunks", sa.Column("scan_begun_at", sa.DateTime(timezone=True), comment=begun))
    _say(RUNS + ", interrupted (ended before it was counted)", LISTS + ", interrupted")


def downgrade() -> None:
    op.drop_column("chunks", "scan_begun_at")
    _say(RUNS, LISTS)


def _say(runs: str, lists: str) -> None:
    op.alter_column("runs", "state", existing_type=sa.Text(), comment=runs)
    op.alter_column("list_updates", "state", existing_type=sa.Text(), comment=lists)
