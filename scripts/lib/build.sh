# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# One release build that scripts/up ships and scripts/test tests, with something to watch while it lasts.

BUILD_PID=

# build_release [ARGUMENT…]: `swift build -c release ARGUMENT…` in a session of its own, so that stopping it stops the
# compilers too. On a terminal Swift draws its own progress; elsewhere a line every fifteen seconds says how far it is.
build_release() {
    local log=$TUTTI_HOME/logs/build.log began=$SECONDS status=0
    say "Building (the first time takes several minutes)"
    if [[ -t 1 ]]; then
        (cd "$ROOT" && without_lock exec setsid swift build -c release "$@") </dev/null &
    else
        (cd "$ROOT" && without_lock exec setsid swift build -c release "$@") </dev/null >"$log" 2>&1 &
    fi
    BUILD_PID=$!
    [[ -t 1 ]] || heartbeat "$log" "$began"
    wait "$BUILD_PID" || status=$?
    BUILD_PID=
    if ((status != 0)); then
        [[ -t 1 ]] || show_build_errors "$log"
        fail "the build failed after $(elapsed $((SECONDS - began)))"
    fi
    say "Built in $(elapsed $((SECONDS - began)))"
}

heartbeat() {
    local log=$1 began=$2 ticks=0
    while kill -0 "$BUILD_PID" 2>/dev/null; do
        sleep 1
        ticks=$((ticks + 1))
        ((ticks % 15 == 0)) || continue
        say "  $(elapsed $((SECONDS - began)))  $(tail -n 1 "$log" | tr -d '\r' | cut -c1-110)"
    done
}

show_build_errors() {
    grep -E -A6 '(^| )error:' "$1" | head -n 80 >&2 || tail -n 40 "$1" >&2
    say "  the whole output: $1" >&2
}

# Ends a build that is under way, with the compilers it started.
stop_build() {
    [[ -n $BUILD_PID ]] || return 0
    end_session "$BUILD_PID"
    wait "$BUILD_PID" 2>/dev/null || true
    BUILD_PID=
}

require_programs() {
    local name
    for name in "${DAEMONS[@]}"; do
        [[ -x $BIN_DIR/$name ]] || fail "$BIN_DIR/$name is not there: run scripts/up without --no-build first"
    done
}
