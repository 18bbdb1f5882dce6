# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The PostgreSQL of the tests: new for each run, gone after it, and quick because nothing in it needs to last.

# start_throwaway_database FOLDER: sets TUTTI_TEST_DATABASE_URL to an address that may do everything in it.
start_throwaway_database() {
    local folder=$1/postgres sockets port password
    sockets=/tmp/tutti-test-$(random_hex 6)
    port=$(free_port)
    password=$(random_hex 16)
    postgres_create "$folder" no
    THROWAWAY_FOLDER=$folder THROWAWAY_SOCKETS=$sockets
    postgres_start "$folder" "$sockets" "$port" "$1/postgres.log" \
        "fsync = off" "synchronous_commit = off" "full_page_writes = off" "max_connections = 300" \
        "shared_buffers = '256MB'" "max_locks_per_transaction = 256" "jit = off"
    psql_as_superuser "$sockets" "$port" -d postgres <<<"CREATE ROLE tester SUPERUSER LOGIN PASSWORD '$password';"
    export TUTTI_TEST_DATABASE_URL="postgresql://tester:$password@127.0.0.1:$port/postgres"
}

stop_throwaway_database() {
    [[ -n ${THROWAWAY_FOLDER:-} ]] || return 0
    postgres_stop "$THROWAWAY_FOLDER"
    rm -rf "$THROWAWAY_FOLDER" "$THROWAWAY_SOCKETS"
}
