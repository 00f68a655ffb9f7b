"""`make airflow ARGS="..."`: Airflow's own command line against the stack that runs here."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from urllib.parse import urlsplit

from dnstats.db import roles
from dnstats.stack import airflow_home, private
from dnstats.stack.owner import ready_state
from dnstats.stack.places import Places
from dnstats.stack.postgres import Cluster


def airflow(places: Places, arguments: Sequence[str]) -> int:
    """Run `airflow` with the stack's settings; its exit status."""
    state = ready_state(places)
    cluster = Cluster(places.postgres)
    env = airflow_home.environment(
        places,
        private.load(places.secrets),
        port=urlsplit(state.address).port or 8080,
        airflow_database=cluster.url("airflow", "psycopg2", role=roles.AIRFLOW),
        dnstats_connection=cluster.conninfo_url("dnstats", roles.APP),
        environ=os.environ,
    )
    program = airflow_home.command("scheduler")[:3]
    return subprocess.run([*program, *arguments], env=env, cwd=places.root, check=False).returncode
