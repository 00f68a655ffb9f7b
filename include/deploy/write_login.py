"""Writes the file of the user interface's login, readable for its owner only.

    AIRFLOW_ADMIN_PASSWORD=... python write_login.py

User admin; where to: AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE. Airflow itself would make
a password of its own, print it into its log, and leave the file readable for everybody.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from dnstats.stack import private

if __name__ == "__main__":
    path = Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    private.write(path, json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}))
