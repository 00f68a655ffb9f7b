#!/bin/bash
# Run once by the PostgreSQL container, when its data folder is made: our role and our database.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$POSTGRES_DNSTATS_PASSWORD" \
    --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE dnstats LOGIN PASSWORD :'password';
CREATE DATABASE dnstats OWNER dnstats;
SQL
