# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# A Render of our own for renderctl-svc: the fake server of the tests, with services and deploys to look at and nothing
# behind them. It is started before the daemons and forgets everything when it stops.

# The services that the fake is born with; the builds of the first fail in a way that the monitor knows. None is listed as
# one to be mended, so that it only says what it would do.
FAKE_RENDER_SERVICES=shop-docs,shop-front,shop-api,shop-mailer

# Where a person finds its address and token, for tutti without renderctl-svc.
fake_render_file() { printf '%s/run/fake-render.env' "$TUTTI_HOME"; }

# start_fake_render: on a free port of loopback, with a token that is new each time. renderctl-svc is told both; what the
# file of settings says of Render does not hold for this start.
start_fake_render() {
    local port token log ends
    [[ -x $BIN_DIR/fake-render ]] || fail "$BIN_DIR/fake-render is not there: run scripts/up without --no-build first"
    port=$(free_port)
    token=rnd_$(random_hex 16)
    log=$(fresh_log fake-render)
    say "Starting a fake Render on 127.0.0.1:$port"
    (
        trap - INT TERM HUP EXIT
        cd /
        FAKE_RENDER_TOKEN=$token without_lock exec setsid "$BIN_DIR/fake-render" --port "$port" --seed-demo \
            </dev/null >>"$log" 2>&1
    ) &
    record_process fake-render $!
    ends=$((SECONDS + 30))
    until curl -fsS --noproxy '*' --max-time 2 -o /dev/null -K - "http://127.0.0.1:$port/v1/owners" \
        <<<"header = \"Authorization: Bearer $token\"" 2>/dev/null; do
        process_of fake-render >/dev/null || daemon_failed fake-render "ended before it was ready"
        ((SECONDS < ends)) || daemon_failed fake-render "was not ready within 30 seconds"
        sleep 0.2
    done
    SETTINGS[RENDER_API_BASE_URL]=http://127.0.0.1:$port/v1
    SETTINGS[RENDER_API_TOKEN]=$token
    SETTINGS[RENDER_MONITOR_SERVICES]=$FAKE_RENDER_SERVICES
    # Workspaces of the real one are not those of the fake.
    unset 'SETTINGS[RENDER_OWNER_ID]'
    (
        umask 077
        printf '%s\n' "RENDER_API_BASE_URL=${SETTINGS[RENDER_API_BASE_URL]}" "RENDER_API_TOKEN=$token" \
            >"$(fake_render_file)"
    )
}

fake_render_runs() { process_of fake-render >/dev/null; }

stop_fake_render() {
    stop_processes 5 fake-render
    rm -f "$(fake_render_file)"
}

# What to do with it.
print_fake_render() {
    local credentials
    credentials=$(settings_file)
    say "A fake Render stands in for the real one, and forgets everything when it stops. Its address and token: $(fake_render_file)"
    say "See what the suite would become there, and make it so, with tutti ($BIN_DIR/tutti):"
    say
    printf "  export TUTTI_RENDERCTL_URL=%s TUTTI_USER=%q TUTTI_PASSWORD=\"\$(sed -n 's/^BASIC_AUTH_PASS=//p' %q)\"\n" \
        "$(address_of renderctl-svc)" "${SETTINGS[BASIC_AUTH_USER]:-admin}" "$credentials"
    printf '  %s render plan %s\n' "$BIN_DIR/tutti" "$ROOT/infra/render.blueprint.yaml"
    printf '  %s render apply --wait %s\n' "$BIN_DIR/tutti" "$ROOT/infra/render.blueprint.yaml"
    say
}
