"""runs.state, list_updates.state: what a run is that was ended before it was counted"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Only what the columns say of themselves: the previous version neither reads nor writes it.
RUNS = "running, done, short (coverage under the gate)"
LISTS = "running, taken, unchanged, refused (the old list stands)"


def upgrade() -> None:
    _say(RUNS + ", interrupted (ended before it was counted)", LISTS + ", interrupted")


def downgrade() -> None:
    _say(RUNS, LISTS)


def _say(runs: str, lists: str) -> None:
    op.alter_column("runs", "state", existing_type=sa.Text(), comment=runs)
    op.alter_column("list_updates", "state", existing_type=sa.Text(), comment=lists)
