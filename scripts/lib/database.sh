# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The suite's database: the private cluster under TUTTI_HOME, its two logins, and the addresses that the daemons get.

# Where the cluster really lies, and where its sockets are.
cluster_folder() { readlink -f -- "$TUTTI_HOME/postgres"; }
socket_folder() { printf '/tmp/tutti-%s' "$(suite_hash)"; }

# start_database: sets DATABASE_URL and DATABASE_OWNER_URL, making and starting the private cluster unless told another.
start_database() {
    if [[ -n $EXISTING_DATABASE ]]; then
        DATABASE_URL=$EXISTING_DATABASE
        DATABASE_OWNER_URL=${SETTINGS[DATABASE_OWNER_URL]:-$EXISTING_DATABASE}
        write_database_addresses
        return
    fi
    local folder sockets port
    [[ -e $TUTTI_HOME/postgres ]] || create_cluster
    folder=$(cluster_folder)
    [[ -n $folder && -d $folder ]] ||
        fail "$TUTTI_HOME/postgres points to a folder that is gone; remove the link to begin with an empty database"
    sockets=$(socket_folder)
    # A server that outlived its suite (kill -9 of everything else) may hold old settings.
    postgres_stop "$folder"
    port=$(database_port)
    say "Starting PostgreSQL on 127.0.0.1:$port"
    postgres_start "$folder" "$sockets" "$port" "$(fresh_log postgres)" \
        "fsync = on" "synchronous_commit = on" "max_connections = 100" "shared_buffers = '256MB'" \
        "wal_compression = 'lz4'" "max_wal_size = '2GB'" "checkpoint_timeout = '15min'" "random_page_cost = 1.1" \
        "autovacuum_naptime = '10s'"
    record_process postgres "$(head -n 1 "$folder/postmaster.pid")"
    create_logins "$sockets" "$port"
}

# The port of last time when it is still free, so that an address noted down by a person stays good.
database_port() {
    local file=$TUTTI_HOME/run/postgres.port port=
    [[ ! -s $file ]] || port=$(<"$file")
    if [[ ! $port =~ ^[0-9]+$ ]] || ! port_is_free "$port"; then port=$(free_port); fi
    printf '%s' "$port" | tee "$file"
}

# A server that runs as `postgres` must be able to reach its files. When a folder above the clone shuts it out (root's own
# home does), the files lie under /var/lib and .tutti/postgres is a link to them.
create_cluster() {
    local folder=$TUTTI_HOME/postgres
    if as_database_user test -x "$TUTTI_HOME"; then
        say "Creating a private PostgreSQL cluster in $folder"
        postgres_create "$folder" yes
        return
    fi
    folder=$(mktemp -d /var/lib/tutti-XXXXXXXX)
    chown postgres:postgres "$folder"
    say "Creating a private PostgreSQL cluster in $folder, because its user cannot enter $TUTTI_HOME;"
    say "  $TUTTI_HOME/postgres is a link to it"
    postgres_create "$folder/cluster" yes
    ln -sfn "$folder/cluster" "$TUTTI_HOME/postgres"
}

# Two logins: the owner, with which migrations run, and the one that the running daemons use and whose grants count.
create_logins() {
    local sockets=$1 port=$2 query owner_password app_password
    owner_password=$(random_hex 24)
    app_password=$(random_hex 24)
    psql_as_superuser "$sockets" "$port" -d postgres <<SQL
SELECT 'CREATE ROLE tutti_owner' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tutti_owner') \gexec
SELECT 'CREATE ROLE tutti_app' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tutti_app') \gexec
ALTER ROLE tutti_owner LOGIN CREATEROLE PASSWORD '$owner_password';
ALTER ROLE tutti_app LOGIN PASSWORD '$app_password';
SELECT 'CREATE DATABASE tutti OWNER tutti_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'tutti') \gexec
REVOKE ALL ON DATABASE tutti FROM PUBLIC;
GRANT CONNECT ON DATABASE tutti TO tutti_app;
SQL
    query="host=${sockets//\//%2F}&port=$port"
    DATABASE_URL="postgresql://tutti_app:$app_password@/tutti?$query"
    DATABASE_OWNER_URL="postgresql://tutti_owner:$owner_password@/tutti?$query"
    write_database_addresses
}

# For scripts/run, and for a person with psql; the passwords of the private database are new at every start.
write_database_addresses() {
    (
        umask 077
        printf '%s\n' "DATABASE_URL='$DATABASE_URL'" "DATABASE_OWNER_URL='$DATABASE_OWNER_URL'" >"$TUTTI_HOME/database.env"
    )
}

# stop_database: does nothing for a database that is not ours.
stop_database() {
    local folder
    [[ -e $TUTTI_HOME/postgres ]] || return 0
    folder=$(cluster_folder)
    postgres_stop "$folder"
    forget_process postgres
    rmdir "$(socket_folder)" 2>/dev/null || true
}
