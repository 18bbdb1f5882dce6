# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Records of the processes that we started. A record names the process by its id, its start time and the machine's boot,
# so that an id which now belongs to somebody else is never taken for ours, let alone killed.

process_identity() {
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]} != Z ]] || return 1
    printf '%s %s %s' "$1" "${fields[19]}" "$(</proc/sys/kernel/random/boot_id)"
}

# record_process NAME PID
record_process() { process_identity "$2" >"$TUTTI_HOME/run/$1.pid" || true; }

forget_process() { rm -f "$TUTTI_HOME/run/$1.pid"; }

# process_of NAME: prints the id of the live process recorded under NAME; fails when there is none.
process_of() {
    local file=$TUTTI_HOME/run/$1.pid recorded
    [[ -s $file ]] || return 1
    recorded=$(<"$file")
    [[ $(process_identity "${recorded%% *}") == "$recorded" ]] || return 1
    printf '%s' "${recorded%% *}"
}

# Set by a second Ctrl-C: whoever waits for an orderly end then stops waiting.
HURRY=no

# stop_processes GRACE NAME…: SIGTERM to all, then SIGKILL to those that are still there after GRACE seconds.
stop_processes() {
    local grace=$1 name pid ends
    shift
    for name in "$@"; do
        if pid=$(process_of "$name"); then kill -TERM "$pid" 2>/dev/null || true; fi
    done
    ends=$((SECONDS + grace))
    for name in "$@"; do
        while pid=$(process_of "$name"); do
            if ((SECONDS >= ends)) || [[ $HURRY == yes ]]; then
                warn "$name did not stop by itself within ${grace}s; killing it"
                kill -KILL "$pid" 2>/dev/null || true
                sleep 0.2
                break
            fi
            sleep 0.1
        done
        forget_process "$name"
    done
}
