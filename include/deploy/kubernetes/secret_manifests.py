"""Makes the Secrets that values.yaml names, out of .env (`make secrets`), as JSON for kubectl.

    python3 include/deploy/kubernetes/secret_manifests.py .env HOST[:PORT] | kubectl apply -f -

HOST: of PostgreSQL, whose superuser is `postgres` with POSTGRES_PASSWORD. Needs Python alone.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def manifests(env: dict[str, str], host: str) -> dict[str, object]:
    """A List of Secrets; `env`: the variables of .env."""

    def url(user: str, password: str, database: str, driver: str = "postgresql") -> str:
        return f"{driver}://{user}:{env[password]}@{host}/{database}"

    airflow = ("airflow", "POSTGRES_AIRFLOW_PASSWORD", "airflow")
    app = url("dnstats_app", "POSTGRES_APP_PASSWORD", "dnstats")
    roles = ("AIRFLOW", "OWNER", "APP", "READER")
    secrets = {
        "dnstats-metadata": {"connection": url(*airflow, "postgresql+psycopg2")},
        "dnstats-result-backend": {"connection": url(*airflow, "db+postgresql")},
        "dnstats-fernet-key": {"fernet-key": env["AIRFLOW_FERNET_KEY"]},
        "dnstats-jwt": {"jwt-secret": env["AIRFLOW_JWT_SECRET"]},
        "dnstats-api-key": {"api-secret-key": env["AIRFLOW_SECRET_KEY"]},
        "dnstats-login": {"AIRFLOW_ADMIN_PASSWORD": env["AIRFLOW_ADMIN_PASSWORD"]},
        "dnstats-app": {
            "AIRFLOW_CONN_DNSTATS_DB": app,
            "DNSTATS_DATABASE": app,
            "AIRFLOW_CONN_SMTP_DEFAULT": env.get("AIRFLOW_CONN_SMTP_DEFAULT", ""),
        },
        "dnstats-admin": {
            "POSTGRES_ADMIN_URL": url("postgres", "POSTGRES_PASSWORD", "postgres"),
            "DNSTATS_DATABASE": url("dnstats_owner", "POSTGRES_OWNER_PASSWORD", "dnstats"),
            **{name: env[name] for name in (f"POSTGRES_{role}_PASSWORD" for role in roles)},
        },
    }
    return {
        "apiVersion": "v1",
        "kind": "List",
        "items": [
            {"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
             "metadata": {"name": name}, "stringData": values}
            for name, values in secrets.items()
        ],
    }  # fmt: skip


def main(arguments: list[str]) -> int:
    """Print the manifests; 2 and one sentence when something is missing."""
    if len(arguments) != 2:
        print("usage: secret_manifests.py .env HOST[:PORT]", file=sys.stderr)
        return 2
    lines = (line.strip() for line in Path(arguments[0]).read_text("utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    env = {name.strip(): value.strip() for name, _, value in pairs}
    try:
        print(json.dumps(manifests(env, arguments[1]), indent=1))
    except KeyError as missing:
        print(f"{missing.args[0]} is not in {arguments[0]}; run make secrets", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
