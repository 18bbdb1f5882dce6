# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The daemons: what each is told, how they start, when they are ready, and how they stop.

# settle_daemons: engine-svc has nothing to do while the orchestrator carries runs out itself.
settle_daemons() {
    local name
    DAEMONS=()
    for name in "${ALL_DAEMONS[@]}"; do
        [[ $name != engine-svc || ${SETTINGS[DESKTOP_RUNNER_MODE]:-embedded} == external ]] || continue
        DAEMONS+=("$name")
    done
}

port_of() {
    local index
    for index in "${!ALL_DAEMONS[@]}"; do
        [[ ${ALL_DAEMONS[index]} != "$1" ]] || printf '%d' $((BASE_PORT + index))
    done
}

address_of() { printf 'http://127.0.0.1:%d' "$(port_of "$1")"; }

# suite_peers: the daemons that the orchestrator does not know by a key of their own.
suite_peers() {
    local name peers=''
    for name in "${DAEMONS[@]}"; do
        [[ $name == orchestrator-svc || $name == logging-svc ]] || peers+=",$name=$(address_of "$name")"
    done
    printf '%s' "${peers#,}"
}

# export_configuration NAME: this process's environment becomes exactly what the daemon NAME is told. Each gets the
# settings of the file that concern it, and no secret that does not.
export_configuration() {
    local name=$1 key
    for key in $(compgen -e); do
        case $key in
            PATH | HOME | LANG | LC_* | TZ | TMPDIR | USER | LOGNAME | SHELL | SWIFT_BACKTRACE) ;;
            *) export -n "${key?}" ;;
        esac
    done
    for key in "${!SETTINGS[@]}"; do
        case $name:$key in
            orchestrator-svc:EVENT_SIGNING_* | orchestrator-svc:REDIS_URL | orchestrator-svc:POLICY_*) ;;
            orchestrator-svc:SUITE_PEERS | orchestrator-svc:DASHBOARD_DIR | renderctl-svc:RENDER_* | \
                renderctl-svc:RENDERCTL_*) ;;
            *:EVENT_SIGNING_* | *:DASHBOARD_DIR | *:REDIS_URL | *:POLICY_* | *:SUITE_PEERS | *:RENDER_* | \
                *:RENDERCTL_*) continue ;;
            *:DATABASE_URL | *:DATABASE_OWNER_URL | *:PORT) continue ;;
        esac
        export "$key=${SETTINGS[$key]}"
    done
    export HOST=${SETTINGS[HOST]:-127.0.0.1}
    PORT=$(port_of "$name")
    LOGGING_SVC_URL=${SETTINGS[LOGGING_SVC_URL]:-$(address_of logging-svc)}
    ORCHESTRATOR_SVC_URL=${SETTINGS[ORCHESTRATOR_SVC_URL]:-$(address_of orchestrator-svc)}
    export PORT LOGGING_SVC_URL ORCHESTRATOR_SVC_URL
    [[ $name == echo-agent-svc || $name == engine-svc ]] || export DATABASE_URL DATABASE_OWNER_URL
    if [[ $name == orchestrator-svc && -z ${SETTINGS[DASHBOARD_DIR]:-} && -s $ROOT/dashboard/dist/index.html ]]; then
        export DASHBOARD_DIR=$ROOT/dashboard/dist
    fi
    if [[ $name == orchestrator-svc ]]; then export SUITE_PEERS=${SETTINGS[SUITE_PEERS]:-$(suite_peers)}; fi
    if [[ $name == orchestrator-svc && -z ${SETTINGS[EVENT_SIGNING_KEY]:-} ]]; then
        export EVENT_SIGNING_KEY_FILE=${SETTINGS[EVENT_SIGNING_KEY_FILE]:-$TUTTI_HOME/event-signing.key}
    fi
}

# start_daemon NAME: in a session of its own, so that a Ctrl-C reaches only the script, which then stops things in order.
start_daemon() {
    local name=$1 log
    log=$(fresh_log "$1")
    (
        trap - INT TERM HUP EXIT
        export_configuration "$name"
        cd /
        without_lock exec setsid "$BIN_DIR/$name" </dev/null >>"$log" 2>&1
    ) &
    record_process "$name" $!
}

# await_ready NAME SECONDS
await_ready() {
    local name=$1 url ends
    url=$(address_of "$name")/ready
    ends=$((SECONDS + $2))
    until curl -fsS --noproxy '*' --max-time 2 -o /dev/null "$url" 2>/dev/null; do
        process_of "$name" >/dev/null || daemon_failed "$name" "ended before it was ready"
        ((SECONDS < ends)) || daemon_failed "$name" "was not ready within $2 seconds ($url)"
        sleep 0.2
    done
    say "  $name is ready"
}

daemon_failed() {
    show_tail "$TUTTI_HOME/logs/$1.log"
    fail "$1 $2"
}

start_daemons() {
    local name
    say "Starting the daemons"
    for name in "${DAEMONS[@]}"; do start_daemon "$name"; done
    for name in "${DAEMONS[@]}"; do await_ready "$name" 90; done
    printf 'base_port=%d\n' "$BASE_PORT" >"$TUTTI_HOME/run/suite"
}

live_daemons() {
    local name live=()
    for name in "${ALL_DAEMONS[@]}"; do
        if process_of "$name" >/dev/null; then live+=("$name"); fi
    done
    printf '%s' "${live[*]}"
}

# stop_suite: who makes work first, then who does it, then who keeps the logs, then the database.
stop_suite() {
    local grace=${SETTINGS[SHUTDOWN_GRACE_SECONDS]:-20}
    grace=${grace%%.*}
    [[ $grace =~ ^(0|[1-9][0-9]{0,3})$ ]] || grace=20
    # Before the orchestrator, which it tells how its last runs ended.
    stop_processes $((grace + 5)) engine-svc
    stop_processes $((grace + 5)) orchestrator-svc
    stop_processes $((grace + 5)) echo-agent-svc renderctl-svc
    stop_fake_render
    stop_processes $((grace + 5)) logging-svc
    stop_database
    rm -f "$TUTTI_HOME/run/suite"
}

# Where everything is, and one line to try it with.
print_summary() {
    local name credentials
    credentials=$(settings_file)
    say
    say "Tutti is running."
    if [[ -n ${SETTINGS[DASHBOARD_DIR]:-} || -s $ROOT/dashboard/dist/index.html ]]; then
        printf '  %-18s %s\n' "dashboard" "$(address_of orchestrator-svc)/app/"
    fi
    for name in "${DAEMONS[@]}"; do printf '  %-18s %s\n' "$name" "$(address_of "$name")"; done
    printf '  %-18s %s\n' "credentials" "$credentials (BASIC_AUTH_USER, BASIC_AUTH_PASS)" "logs" "$TUTTI_HOME/logs"
    say
    say "Create a task:"
    say
    printf "  curl -sS -u \"%s:\$(sed -n 's/^BASIC_AUTH_PASS=//p' %q)\" -H 'Content-Type: application/json' -d '%s' %s/task\n" \
        "${SETTINGS[BASIC_AUTH_USER]:-admin}" "$credentials" '{"agent":"echo","input":{"message":"hello"}}' \
        "$(address_of orchestrator-svc)"
    say
}
