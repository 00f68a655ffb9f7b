#!/bin/bash
# Everything that must stand before Airflow starts; running it again changes nothing but passwords.
set -eu
python -m dnstats.db.roles
airflow db migrate
python -m dnstats.db.migrate
airflow pools set scan "$DNSTATS_SCAN_SLOTS" "chunks scanned at the same time"
python - "$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE" <<'PYTHON'
import json, os, pathlib, sys
from dnstats.stack import private

private.write(pathlib.Path(sys.argv[1]), json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}))
PYTHON
