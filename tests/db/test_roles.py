"""Each role can do its own work and nothing beside it, on a real server."""

from __future__ import annotations

import re
import secrets

import psycopg
import pytest
import sqlalchemy as sa
from dnstats.db.connect import open_database
from dnstats.db.migrate import migrate
from dnstats.db.models import Base
from dnstats.db.partitions import drop_run_partitions, make_run_partitions
from dnstats.db.roles import AIRFLOW, APP, DATABASES, OWNER, READER, ROLES, prepare_server
from dnstats.stack.postgres import Cluster, temporary
from psycopg import sql

DENIED = psycopg.errors.InsufficientPrivilege
LIST = (
    "INSERT INTO site_lists (name, source, sha256, sites, junk) "
    "VALUES ('{}', '', '', 0, '{{}}') RETURNING id"
)


def as_role(cluster: Cluster, role: str, database: str = "dnstats") -> psycopg.Connection:
    return psycopg.connect(cluster.conninfo_url(database, role))


@pytest.mark.parametrize("role", ROLES)
def test_no_role_rules_the_server(cluster: Cluster, role: str) -> None:
    query = (
        "SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin "
        "FROM pg_roles WHERE rolname = %s"
    )
    with psycopg.connect(cluster.conninfo_url("postgres")) as connection:
        assert connection.execute(query, [role]).fetchone() == (*[False] * 5, True)


@pytest.mark.parametrize(
    ("role", "database"),
    [(APP, "airflow"), (READER, "airflow"), (OWNER, "airflow"), (AIRFLOW, "dnstats")],
)
def test_it_cannot_enter_the_other_database(cluster: Cluster, role: str, database: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        as_role(cluster, role, database)


@pytest.mark.parametrize("role", [APP, READER])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE ROLE another",
        "CREATE DATABASE another",
        "CREATE SCHEMA another",
        "CREATE TABLE another (n int)",
        "CREATE FUNCTION another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DROP TABLE site_runs",
        "ALTER TABLE site_runs ADD COLUMN another int",
        "TRUNCATE runs",
        "CREATE TABLE another PARTITION OF site_runs FOR VALUES IN (1)",
        "SELECT * FROM alembic_version",
        "UPDATE alembic_version SET version_num = '0'",
        "SET ROLE dnstats_owner",
        "SELECT rolpassword FROM pg_authid",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY runs TO PROGRAM 'cat'",
        "COPY runs TO '/tmp/runs'",
    ],
)
def test_it_owns_nothing(cluster: Cluster, role: str, statement: str) -> None:
    connection = psycopg.connect(cluster.conninfo_url("dnstats", role), autocommit=True)
    with connection:
        connection.execute("SET default_transaction_read_only = off")  # only a courtesy
        with pytest.raises(DENIED):
            connection.execute(statement.encode())


def test_the_application_makes_and_drops_partitions_that_the_owner_owns(engine: sa.Engine) -> None:
    owners = "SELECT tableowner FROM pg_tables WHERE tablename = 'site_runs_p7'"
    with engine.begin() as connection:
        make_run_partitions(connection, 7)
        assert connection.scalar(sa.text(owners)) == OWNER
        drop_run_partitions(connection, 7)
        assert connection.scalar(sa.text(owners)) is None


@pytest.mark.parametrize("parent", ["runs", "alembic_version", "pg_class", 'site_runs"; --', ""])
def test_only_partitions_can_be_dropped_through_the_function(cluster: Cluster, parent: str) -> None:
    with (
        as_role(cluster, APP) as connection,
        pytest.raises(psycopg.errors.RaiseException, match="not a partitioned table"),
    ):
        connection.execute("SELECT drop_partition(%s, 1)", [parent])


def test_a_temporary_table_does_not_deceive_the_function(cluster: Cluster) -> None:
    with as_role(cluster, APP) as connection:
        connection.execute("CREATE TEMP TABLE site_runs (run_id bigint) PARTITION BY LIST (run_id)")
        connection.execute("CREATE TEMP TABLE pg_class AS SELECT * FROM pg_catalog.pg_class")
        connection.execute("SELECT make_partition('site_runs', 8)")
        found = connection.execute(
            "SELECT inhparent::regclass = 'public.site_runs'::regclass FROM pg_inherits "
            "WHERE inhrelid = 'public.site_runs_p8'::regclass"
        ).fetchone()
        connection.rollback()
    assert found == (True,)


def test_readers_read_everything_and_write_nothing(cluster: Cluster) -> None:
    with as_role(cluster, READER) as connection:
        for table in Base.metadata.tables:
            connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute(LIST.format("a").encode())
        connection.rollback()
        # The transaction's mode is only a courtesy; the rights hold without it.
        connection.execute("SET TRANSACTION READ WRITE")
        with pytest.raises(DENIED):
            connection.execute(LIST.format("a").encode())
        connection.rollback()
        connection.execute("SET TRANSACTION READ WRITE")
        with pytest.raises(DENIED):
            connection.execute("SELECT drop_partition('site_runs', 1)")


def test_prepared_and_migrated_again_the_rows_stay_and_the_new_passwords_hold(
    cluster: Cluster,
) -> None:
    with as_role(cluster, APP) as connection:
        connection.execute(LIST.format("kept").encode())
    prepare_server(cluster.conninfo_url("postgres"), dict.fromkeys(ROLES, "other"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        as_role(cluster, APP)
    cluster.prepare_roles()
    migrate(cluster.url("dnstats", role=OWNER))
    with as_role(cluster, APP) as connection:
        deleted = connection.execute("DELETE FROM site_lists WHERE name = 'kept'").rowcount
    assert deleted == 1


def test_what_another_user_made_comes_to_the_owner(cluster: Cluster) -> None:
    with psycopg.connect(cluster.conninfo_url("dnstats")) as connection:
        connection.execute("CREATE TABLE older (id serial, n int)")
        connection.execute("CREATE TYPE colour AS ENUM ('red')")
    cluster.prepare_roles()
    with as_role(cluster, OWNER) as connection:
        connection.execute("DROP TABLE older")
        connection.execute("DROP TYPE colour")


def test_no_password_comes_into_the_servers_log() -> None:
    with temporary(fsync=False) as cluster:
        with psycopg.connect(cluster.conninfo_url("postgres"), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET log_statement = 'all'")
            connection.execute("SELECT pg_reload_conf()")
        cluster.prepare_roles()
        said = cluster.log.read_text()
        assert "ALTER ROLE" in said
        assert not [role for role in ROLES if cluster.role_password(role) in said]


def test_an_admin_who_is_no_superuser_suffices() -> None:
    """As on managed servers."""
    password = secrets.token_hex(8)
    passwords = {role: secrets.token_hex(8) for role in ROLES}
    with temporary(fsync=False) as cluster:
        with psycopg.connect(cluster.conninfo_url("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE ROLE manager LOGIN CREATEROLE CREATEDB PASSWORD {}").format(
                    sql.Literal(password)
                )
            )
        where = re.sub(r"//[^@]+@", f"//manager:{password}@", cluster.conninfo_url("postgres"))
        for _ in range(2):
            prepare_server(where, passwords)
        owner = re.sub(r"//[^@]+@", f"//{OWNER}:{passwords[OWNER]}@", where)
        migrate(owner.replace("/postgres", "/dnstats"))
        with psycopg.connect(cluster.conninfo_url("postgres")) as connection:
            owners = connection.execute(
                "SELECT datname, datdba::regrole::text FROM pg_database WHERE datname = ANY(%s)",
                [list(DATABASES)],
            ).fetchall()
    assert dict(owners) == DATABASES


def test_a_database_without_the_roles_can_be_migrated_by_its_owner(cluster: Cluster) -> None:
    with temporary(fsync=False) as bare:
        bare.create_database("alone")
        migrate(bare.url("alone"))
        engine = open_database(bare.url("alone"))
        with engine.begin() as connection:
            make_run_partitions(connection, 1)
        engine.dispose()
