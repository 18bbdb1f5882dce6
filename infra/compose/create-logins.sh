#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Run once by the database image on an empty volume: the owner, which migrates, and the login of the running daemons.
set -euo pipefail

psql -v ON_ERROR_STOP=1 -v owner="$OWNER_PASSWORD" -v app="$APP_PASSWORD" -U postgres -d postgres <<'SQL'
CREATE ROLE tutti_owner LOGIN CREATEROLE PASSWORD :'owner';
CREATE ROLE tutti_app LOGIN PASSWORD :'app';
CREATE DATABASE tutti OWNER tutti_owner;
REVOKE ALL ON DATABASE tutti FROM PUBLIC;
GRANT CONNECT ON DATABASE tutti TO tutti_app;
SQL
