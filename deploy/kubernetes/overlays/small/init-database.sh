#!/usr/bin/env bash
# Run once, when PostgreSQL makes its data folder: a role that owns the database and is no superuser, whom row-level
# security would not hold.
set -euo pipefail
psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv password ANYHOOK_PASSWORD
CREATE ROLE anyhook LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE anyhook OWNER anyhook TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
REVOKE CONNECT ON DATABASE anyhook FROM PUBLIC;
SQL
