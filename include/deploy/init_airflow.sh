#!/bin/bash
# Everything that must stand before Airflow starts; running it again changes nothing but passwords.
set -eu
python -m dnstats.db.roles
airflow db migrate
python -m dnstats.db.migrate
airflow pools set scan "$DNSTATS_SCAN_SLOTS" "chunks scanned at the same time"
# On Kubernetes the api-server writes its own.
[ -z "${AIRFLOW_ADMIN_PASSWORD:-}" ] || python "$(dirname "$0")/write_login.py"
