"""partitions by function

PostgreSQL lets only a table's owner make or drop its partitions. The application owns nothing, so
it asks these three functions, which run as the owner and do that and nothing else.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# A temporary table of the caller's must not be taken for ours: pg_temp is searched last, and every
# name is written with its schema.
_FUNCTION = """
CREATE FUNCTION {name}(parent text, key bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_class
        WHERE relname = parent AND relnamespace = 'public'::regnamespace AND relkind = 'p'
    ) THEN
        RAISE EXCEPTION '% is not a partitioned table', parent;
    END IF;
    EXECUTE format('{statement}', parent || '_p' || key, parent, key);
END $$
"""
_FUNCTIONS = {
    "make_partition": "CREATE TABLE IF NOT EXISTS public.%1$I PARTITION OF public.%2$I FOR VALUES IN (%3$s)",
    "drop_partition": "DROP TABLE IF EXISTS public.%1$I",
    "analyze_partition": "ANALYZE public.%1$I",
}


def upgrade() -> None:
    for name, statement in _FUNCTIONS.items():
        op.execute(_FUNCTION.format(name=name, statement=statement))
        op.execute(f"REVOKE ALL ON FUNCTION {name}(text, bigint) FROM PUBLIC")


def downgrade() -> None:
    for name in _FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}(text, bigint)")
