# shellcheck shell=bash disable=SC2034 # what is set here is used by the files beside this one
# SPDX-License-Identifier: Apache-2.0
# What every script shares: how it speaks, where things lie, and randomness. ROOT is set by the script that reads this.

shopt -s inherit_errexit

# The state of one suite: database, logs, process records. Another TUTTI_HOME is another suite, wholly apart.
TUTTI_HOME=${TUTTI_HOME:-$ROOT/.tutti}
[[ $TUTTI_HOME == /* ]] || TUTTI_HOME=$PWD/$TUTTI_HOME
# Where the daemons' programs are; set by whoever built them elsewhere.
BIN_DIR=${TUTTI_BIN_DIR:-$ROOT/.build/release}
# In the order in which their ports follow the first one; what is not always started comes last.
ALL_DAEMONS=(orchestrator-svc logging-svc echo-agent-svc renderctl-svc engine-svc)
# Those that this suite runs; settle_daemons leaves out what its settings have no use for.
DAEMONS=("${ALL_DAEMONS[@]}")

say() { printf '%s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# elapsed SECONDS: "2m05s"
elapsed() { printf '%dm%02ds' $(($1 / 60)) $(($1 % 60)); }

# random_hex BYTES
random_hex() { od -An -v -tx1 -N"$1" /dev/urandom | tr -d ' \n'; }

# A short name for this suite that differs from clone to clone.
suite_hash() { printf '%s' "$TUTTI_HOME" | sha256sum | cut -c1-12; }

# Makes the state folder, and refuses one that somebody else made: half of its files could not be read.
prepare_home() {
    [[ -d $TUTTI_HOME ]] || mkdir -p "$TUTTI_HOME"
    [[ -O $TUTTI_HOME ]] || fail "$TUTTI_HOME belongs to $(stat -c %U "$TUTTI_HOME"): run this as that user, or remove it."
    mkdir -p "$TUTTI_HOME/logs" "$TUTTI_HOME/run"
}

# One start or stop at a time; the lock is gone with the process that held it.
take_lock() {
    exec {LOCK_FD}>"$TUTTI_HOME/lock"
    flock -n "$LOCK_FD" && return
    say "Another command is starting or stopping this suite; waiting for it."
    flock "$LOCK_FD"
}

release_lock() { exec {LOCK_FD}>&-; }

# without_lock COMMAND…: for what outlives this script, which would otherwise hold the lock for ever.
without_lock() {
    if [[ -n ${LOCK_FD:-} ]]; then
        "$@" {LOCK_FD}>&-
    else
        "$@"
    fi
}

# end_session ID: stops every process of a session that we began with setsid. A process group would not do: the Swift
# package manager puts each compiler into a group of its own.
end_session() {
    local signal stat fields members=()
    for signal in TERM KILL; do
        members=()
        for stat in /proc/[0-9]*/stat; do
            stat=$(cat "$stat" 2>/dev/null) || continue
            read -ra fields <<<"${stat##*) }"
            if [[ ${fields[3]} == "$1" && ${fields[0]} != Z ]]; then members+=("${stat%% *}"); fi
        done
        ((${#members[@]} > 0)) || return 0
        kill "-$signal" "${members[@]}" 2>/dev/null || true
        [[ $signal == KILL ]] || sleep 0.5
    done
}

# fresh_log NAME: the place for the log of a program about to start; the log of its last start is kept beside it.
fresh_log() {
    local log=$TUTTI_HOME/logs/$1.log
    [[ ! -e $log ]] || mv -f "$log" "$log.1"
    printf '%s' "$log"
}

# show_tail FILE: the last lines of a log, marked so that they cannot be taken for ours.
show_tail() {
    [[ -s $1 ]] || return 0
    printf '  last lines of %s:\n' "$1" >&2
    tail -n 20 -- "$1" | cut -c1-600 | sed 's/^/  | /' >&2
}
