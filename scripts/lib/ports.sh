# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Which ports are taken, and by whom, read from /proc: no tool needs to be installed for it.

# port_inode PORT: the socket that already listens where 127.0.0.1:PORT would, or nothing.
port_inode() {
    local port
    printf -v port '%04X' "$1"
    awk -v port="$port" '
        $4 == "0A" {
            split($2, local, ":")
            if (local[2] == port && local[1] ~ /^(0100007F|0+|0+FFFF00000100007F)$/) { print $10; exit }
        }' /proc/net/tcp /proc/net/tcp6 2>/dev/null || true
}

port_is_free() { [[ -z $(port_inode "$1") ]]; }

# port_holder PORT: "postgres (process 812)", or that it cannot be seen from here.
port_holder() {
    local inode link pid
    inode=$(port_inode "$1")
    link=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" -print -quit 2>/dev/null || true)
    pid=${link#/proc/}
    pid=${pid%%/*}
    if [[ -n $pid && -r /proc/$pid/comm ]]; then
        printf '%s (process %s)' "$(<"/proc/$pid/comm")" "$pid"
    else
        printf 'a process of another user'
    fi
}

# free_port [COUNT]: the first of COUNT free ports in a row, below the range that outgoing connections use.
free_port() {
    local count=${1:-1} base attempt offset
    for ((attempt = 0; attempt < 200; attempt++)); do
        base=$((20000 + (RANDOM % 1200) * 10))
        for ((offset = 0; offset < count; offset++)); do
            port_is_free $((base + offset)) || continue 2
        done
        printf '%d' "$base"
        return
    done
    fail "found no $count free ports in a row between 20000 and 32000"
}

# require_ports BASE COUNT: says about all of them at once, before anything has been started.
require_ports() {
    local port taken=()
    for ((port = $1; port < $1 + $2; port++)); do
        port_is_free "$port" || taken+=("port $port is taken by $(port_holder "$port")")
    done
    ((${#taken[@]} == 0)) || fail "$(printf '%s; ' "${taken[@]}")choose others with --port BASE"
}
