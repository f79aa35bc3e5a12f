#!/bin/sh
# Makes the role and the database of AnyHook. The role is no superuser: row-level security would not bind it.
set -eu

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv password ANYHOOK_DATABASE_PASSWORD
CREATE ROLE anyhook LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE anyhook OWNER anyhook TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
REVOKE CONNECT ON DATABASE anyhook FROM PUBLIC;
SQL
