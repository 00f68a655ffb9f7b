#!/bin/bash
# Everything that must stand before Airflow starts; running it again changes nothing.
set -eu
airflow db migrate
python -m dnstats.db.migrate
airflow pools set scan "$DNSTATS_SCAN_SLOTS" "chunks scanned at the same time"
umask 077
mkdir -p "$DNSTATS_VAR/secrets"
python - "$AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE" <<'PYTHON'
import json, os, pathlib, sys
pathlib.Path(sys.argv[1]).write_text(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}))
PYTHON
