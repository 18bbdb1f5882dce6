# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Private PostgreSQL clusters: the suite's own, and the throw-away one of the tests. The server never runs as root: for
# root it runs as the system user `postgres`, for anybody else as that user.

PG_BIN=/usr/lib/postgresql/15/bin

# as_database_user COMMAND…: with a bare environment, in a folder that everybody can enter.
as_database_user() {
    local drop=()
    ((EUID != 0)) || drop=(setpriv --reuid=postgres --regid=postgres --init-groups)
    (cd / && exec env -i PATH="$PG_BIN:/usr/bin:/bin" LANG=C.UTF-8 "${drop[@]}" "$@")
}

database_user() { if ((EUID == 0)); then printf postgres; else id -un; fi; }

# postgres_create FOLDER DURABLE(yes|no): a cluster that only its own user and the roles given a password can enter. It is
# made beside its place and moved there when complete, so that an interrupted attempt leaves nothing that looks like one.
postgres_create() {
    local folder=$1 fresh=$1.new options=()
    [[ $2 == yes ]] || options=(--no-sync)
    rm -rf "$fresh"
    mkdir -m 700 "$fresh"
    ((EUID != 0)) || chown postgres:postgres "$fresh"
    as_database_user initdb -D "$fresh" -U postgres --auth-local=peer --auth-host=reject --encoding=UTF8 \
        --locale=C.UTF-8 --data-checksums --no-instructions "${options[@]}" >/dev/null
    as_database_user tee "$fresh/pg_hba.conf" >/dev/null <<'TEXT'
# The superuser comes in by the operating system's word over the private socket; everybody else has a password.
local  all  postgres                peer  map=superuser
local  all  all                     scram-sha-256
host   all  all       127.0.0.1/32  scram-sha-256
TEXT
    as_database_user tee "$fresh/pg_ident.conf" >/dev/null <<<"superuser  \"$(database_user)\"  postgres"
    as_database_user tee -a "$fresh/postgresql.conf" >/dev/null <<<"include_if_exists = 'tutti.conf'"
    mv "$fresh" "$folder"
}

# postgres_start FOLDER SOCKET_FOLDER PORT LOG SETTING…: writes the settings afresh, starts, and returns when it answers.
postgres_start() {
    local folder=$1 sockets=$2 port=$3 log=$4
    shift 4
    make_socket_folder "$sockets"
    {
        printf '%s\n' "# Written by every start; put your own settings into postgresql.conf." \
            "listen_addresses = '127.0.0.1'" "port = $port" \
            "unix_socket_directories = '$sockets'" "unix_socket_permissions = 0700" \
            "password_encryption = 'scram-sha-256'" "timezone = 'UTC'" "log_timezone = 'UTC'" "$@"
    } | as_database_user tee "$folder/tutti.conf" >/dev/null
    # Without -l the server keeps the output that it is given: a file opened here need not be writable for its user.
    without_lock as_database_user pg_ctl -D "$folder" -w -t 60 start </dev/null >>"$log" 2>&1 || {
        show_tail "$log"
        fail "PostgreSQL did not start"
    }
}

postgres_is_running() { as_database_user pg_ctl -D "$1" status >/dev/null 2>&1; }

# postgres_stop FOLDER: ends every session and writes a checkpoint; when it will not, kills it (the WAL has everything).
postgres_stop() {
    postgres_is_running "$1" || return 0
    as_database_user pg_ctl -D "$1" -m fast -w -t 30 stop >/dev/null 2>&1 ||
        as_database_user pg_ctl -D "$1" -m immediate -w -t 10 stop >/dev/null 2>&1 || warn "PostgreSQL in $1 did not stop"
}

# Sockets live in a short folder of their own wherever the clone lies: their paths may not be longer than 107 bytes.
make_socket_folder() {
    local folder=$1
    if [[ ! -e $folder && ! -L $folder ]]; then
        mkdir -m 700 "$folder"
        ((EUID != 0)) || chown postgres:postgres "$folder"
    fi
    [[ -d $folder && ! -L $folder && $(stat -c %U "$folder") == "$(database_user)" ]] ||
        fail "$folder is in the way: it must be a folder of $(database_user)"
    chmod 700 "$folder"
}

# psql_as_superuser SOCKET_FOLDER PORT [ARGUMENT…]: reads SQL from standard input, so that no password is an argument.
psql_as_superuser() {
    local sockets=$1 port=$2
    shift 2
    as_database_user psql -X -q -v ON_ERROR_STOP=1 -h "$sockets" -p "$port" -U postgres "$@"
}
