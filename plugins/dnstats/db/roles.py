"""Who may do what in the PostgreSQL server: four roles, none of which is a superuser.

    role             owns                   may
    airflow          the database airflow   all in it, nothing elsewhere
    dnstats_owner    the database dnstats   migrate it; used by nothing else
    dnstats_app      nothing                read and write rows; partitions, by function
    dnstats_reader   nothing                read

    python -m dnstats.db.roles

makes them, and both databases, on the server of POSTGRES_ADMIN_URL, with the passwords that stand
in POSTGRES_AIRFLOW_PASSWORD, POSTGRES_OWNER_PASSWORD, POSTGRES_APP_PASSWORD and
POSTGRES_READER_PASSWORD. Again: the same, with the passwords of now.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import psycopg
import sqlalchemy as sa
from psycopg import sql

from dnstats.db.models import Base

AIRFLOW, OWNER, APP, READER = "airflow", "dnstats_owner", "dnstats_app", "dnstats_reader"
ROLES = (AIRFLOW, OWNER, APP, READER)
DATABASES = {"airflow": AIRFLOW, "dnstats": OWNER}
# The import of a list goes through a temporary table.
MAY_CONNECT = {APP: "CONNECT, TEMPORARY", READER: "CONNECT"}
ROWS = {APP: "SELECT, INSERT, UPDATE, DELETE", READER: "SELECT"}
PASSWORDS = {
    AIRFLOW: "POSTGRES_AIRFLOW_PASSWORD",
    OWNER: "POSTGRES_OWNER_PASSWORD",
    APP: "POSTGRES_APP_PASSWORD",
    READER: "POSTGRES_READER_PASSWORD",
}

# Tables and functions of an older DNStats, or restored by another user, come to the owner.
_TAKE_OVER = """
DO $$
DECLARE
    thing record;
BEGIN
    FOR thing IN
        SELECT 'TABLE' AS kind, oid::regclass::text AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND relowner <> '{role}'::regrole
        UNION ALL
        SELECT 'FUNCTION', oid::regprocedure::text FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND proowner <> '{role}'::regrole
        UNION ALL
        SELECT 'TYPE', oid::regtype::text FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
            AND typowner <> '{role}'::regrole
    LOOP
        EXECUTE format('ALTER %s %s OWNER TO {role}', thing.kind, thing.name);
    END LOOP;
END $$
"""


def prepare_server(admin_url: str, passwords: Mapping[str, str]) -> None:
    """Make or mend roles and databases; `passwords` by role.

    The admin is a superuser or, on a managed server, a role with CREATEROLE and CREATEDB.
    """
    with psycopg.connect(admin_url, autocommit=True) as connection:
        for role in ROLES:
            _make_role(connection, role, passwords[role])
        for database, owner in DATABASES.items():
            _make_database(connection, database, owner)
        for role, rights in MAY_CONNECT.items():
            _run(connection, f"GRANT {rights} ON DATABASE dnstats TO {{}}", role)
    for database, owner in DATABASES.items():
        with psycopg.connect(admin_url, dbname=database, autocommit=True) as connection:
            connection.execute(_TAKE_OVER.format(role=owner).encode())


def grant(connection: sa.Connection) -> None:
    """Give the application and the readers what they need of the newest schema.

    Called at the end of every migration. Where the roles do not exist (a database used by its
    owner alone), nothing is given to anybody.
    """
    present = set(connection.scalars(sa.text("SELECT rolname FROM pg_roles")))
    tables = ", ".join(f'"{name}"' for name in Base.metadata.tables)
    for role, rights in ROWS.items():
        if role in present:
            connection.execute(sa.text(f"GRANT USAGE ON SCHEMA public TO {role}"))
            connection.execute(sa.text(f"GRANT {rights} ON {tables} TO {role}"))
    if APP in present:
        for function in ("make_partition", "drop_partition", "analyze_partition"):
            connection.execute(
                sa.text(f"GRANT EXECUTE ON FUNCTION {function}(text, bigint) TO {APP}")
            )


def _make_role(connection: psycopg.Connection, role: str, password: str) -> None:
    if not _exists(connection, "pg_roles", "rolname", role):
        _run(connection, "CREATE ROLE {}", role)
    # As the verifier that the server would make of it: the password itself is in no log of its.
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(
            sql.Identifier(role), sql.Literal(verifier)
        )
    )
    # Researchers' sessions must leave room for the scan's, and an open one must not stop VACUUM.
    if role == READER:
        _run(connection, "ALTER ROLE {} CONNECTION LIMIT 20", role)
        _run(connection, "ALTER ROLE {} SET default_transaction_read_only = on", role)
        _run(connection, "ALTER ROLE {} SET statement_timeout = '1h'", role)
        _run(connection, "ALTER ROLE {} SET idle_in_transaction_session_timeout = '1h'", role)


def _make_database(connection: psycopg.Connection, database: str, owner: str) -> None:
    if not _is_superuser(connection):
        _run(connection, "GRANT {} TO CURRENT_USER", owner)  # else it may not give it anything
    if not _exists(connection, "pg_database", "datname", database):
        _run(connection, f"CREATE DATABASE {database} OWNER {{}}", owner)
    else:
        _run(connection, f"ALTER DATABASE {database} OWNER TO {{}}", owner)
    _run(connection, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)


def _run(connection: psycopg.Connection, statement: str, name: str) -> None:
    connection.execute(sql.SQL(statement).format(sql.Identifier(name)))


def _exists(connection: psycopg.Connection, catalogue: str, column: str, name: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(
        sql.Identifier(catalogue), sql.Identifier(column)
    )
    return connection.execute(query, [name]).fetchone() is not None


def _is_superuser(connection: psycopg.Connection) -> bool:
    return connection.info.parameter_status("is_superuser") == "on"


if __name__ == "__main__":
    missing = [v for v in ("POSTGRES_ADMIN_URL", *PASSWORDS.values()) if not os.environ.get(v)]
    if missing:
        sys.exit(f"dnstats.db.roles: {', '.join(missing)} must be in the environment")
    prepare_server(
        os.environ["POSTGRES_ADMIN_URL"],
        {role: os.environ[variable] for role, variable in PASSWORDS.items()},
    )
