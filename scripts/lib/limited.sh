# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Tests that may not last for ever, and that leave nothing running behind them.

LIMITED_PID=

# run_limited SECONDS WHAT COMMAND…: in a session of its own, so that whatever the command starts ends with it.
run_limited() {
    local limit=$1 what=$2 status=0
    shift 2
    setsid timeout --kill-after=30 "$limit" "$@" </dev/null &
    LIMITED_PID=$!
    wait "$LIMITED_PID" || status=$?
    stop_limited
    ((status != 124)) || say "error: $what were still running after $(elapsed "$limit")"
    return "$status"
}

stop_limited() {
    [[ -n $LIMITED_PID ]] || return 0
    end_session "$LIMITED_PID"
    LIMITED_PID=
}

# stop_limited_at_exit: for the traps of a script that uses the above.
stop_limited_at_exit() {
    trap 'status=$?; trap - EXIT; trap "" INT TERM HUP; stop_limited; exit "$status"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}
