"""The environment that Airflow's components run in, each setting with its reason.

It must be the same for all of them. Nothing is read from airflow.cfg: Airflow writes one into
AIRFLOW_HOME for itself, and what stands here goes over it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from dnstats.stack.places import Places
from dnstats.stack.ports import HOST
from dnstats.stack.private import Secrets

COMPONENTS: dict[str, tuple[str, ...]] = {
    "api-server": ("api-server",),
    # Their log servers would listen on 0.0.0.0; the api-server reads the files itself.
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "triggerer": ("triggerer", "--skip-serve-logs"),
}
# Another Airflow's settings, and what bends Python, do not belong in ours. Connections and
# variables by environment (AIRFLOW_CONN_SMTP_DEFAULT) do.
NOT_INHERITED = ("AIRFLOW__", "AIRFLOW_HOME", "AIRFLOW_CONFIG", "PYTHONPATH", "PYTHONHOME",
                 "PYTHONDONTWRITEBYTECODE", "PYTHONSTARTUP", "MAKE", "MFLAGS")  # fmt: skip


def command(component: str) -> list[str]:
    """How a component is started."""
    return [sys.executable, "-m", "airflow", *COMPONENTS[component]]


def parallelism(cores: int | None) -> int:
    """Tasks at a time: more than four a core and the api-server's answers come too late."""
    return max(4, min(4 * (cores or 1), 16))


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what is not meant for our programs."""
    return {k: v for k, v in environ.items() if not k.startswith(NOT_INHERITED)}


def environment(
    places: Places,
    secrets: Secrets,
    *,
    port: int,
    airflow_database: str,
    dnstats_connection: str,
    environ: Mapping[str, str],
) -> dict[str, str]:
    """All that Airflow and our tasks in it need to know.

    airflow_database: SQLAlchemy URL; dnstats_connection: the URL of connection `dnstats_db`.
    """
    address = f"http://{HOST}:{port}"
    sections = {
        "CORE": {
            "DAGS_FOLDER": str(places.dags),
            "PLUGINS_FOLDER": str(places.root / "plugins"),
            "LOAD_EXAMPLES": "False",
            "EXECUTOR": "LocalExecutor",
            "PARALLELISM": str(parallelism(os.cpu_count())),
            # We unpause those we want, so that no other DAG starts by itself.
            "DAGS_ARE_PAUSED_AT_CREATION": "True",
            "FERNET_KEY": secrets.fernet_key,
            "SIMPLE_AUTH_MANAGER_USERS": "admin:admin",
            "SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(secrets.passwords_file),
            # The default knows port 8080 only.
            "EXECUTION_API_SERVER_URL": f"{address}/execution/",
        },
        "DATABASE": {
            "SQL_ALCHEMY_CONN": airflow_database,
            # 5 + 10 run dry when eight tasks report at once.
            "SQL_ALCHEMY_POOL_SIZE": "10",
            "SQL_ALCHEMY_MAX_OVERFLOW": "20",
        },
        "API": {
            "HOST": HOST,
            "PORT": str(port),
            "BASE_URL": address,
            "SECRET_KEY": secrets.api_secret_key,
        },
        "API_AUTH": {"JWT_SECRET": secrets.jwt_secret},
        "SCHEDULER": {
            "SCHEDULER_IDLE_SLEEP_TIME": "0.5",
            # What a killed scheduler had queued is looked for every 300 s else.
            "ORPHANED_TASKS_CHECK_INTERVAL": "60",
        },
        "WORKERS": {
            # A finished task keeps its slot that long when its end is missed (3.3.2): 5 s else.
            "MIN_HEARTBEAT_INTERVAL": "1",
            "EXECUTION_API_TIMEOUT": "30",
        },
        # New DAG files are looked for every 300 s else.
        "DAG_PROCESSOR": {"REFRESH_INTERVAL": "10"},
        "USAGE_DATA_COLLECTION": {"ENABLED": "False"},
    }
    ours = {
        f"AIRFLOW__{section}__{key}": value
        for section, keys in sections.items()
        for key, value in keys.items()
    }
    return {
        **inherited(environ),
        **ours,
        "AIRFLOW_HOME": str(places.airflow_home),
        "AIRFLOW_CONN_DNSTATS_DB": dnstats_connection,
        "DNSTATS_VAR": str(places.var),
        "PYTHONUNBUFFERED": "1",
    }
