#!/usr/bin/env bash
# Run once, when PostgreSQL makes its data folder: a role that owns the database and is no superuser, whom row-level
# security would not hold.
set -euo pipefail
psql --no-psqlrc --set ON_ERROR_STOP=1 --set password="$ANYHOOK_PASSWORD" \
  --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE anyhook LOGIN PASSWORD :'password';
CREATE DATABASE anyhook OWNER anyhook;
SQL
