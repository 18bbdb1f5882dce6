#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the dashboard as a static site in Render's native environment, into dashboard/site.
#
# What is shipped is made with Debian's packages alone (docs/adr/0016-dashboard-from-debian.md), and Render's build user
# may not run apt. So the same packages that apt would install elsewhere are fetched from Debian's archive, each checked
# against the SHA-256 in render-packages.txt, and unpacked into a folder: no root, no package manager, nothing of npm,
# and the same bytes as anywhere else. Debian's own snapshots keep every version for ever, should the archive move on.
# All that the environment must have is bash, curl, dpkg-deb (it is Debian's or one of its kin), node and python3.
#
#   ORCHESTRATOR_URL   where the orchestrator is reached from outside. The site hands every path but its own to the address in
#                      the routes of infra/render.blueprint.yaml, passwords included: the build fails when they differ.
#   DEBIAN_MIRROR      another mirror to try first, such as http://deb.debian.org/debian
#   RENDER_BUILD_CACHE the folder that packages are kept in between builds
set -euo pipefail

HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
BLUEPRINT=$HERE/../infra/render.blueprint.yaml
PACKAGES=$HERE/render-packages.txt
SITE=$HERE/site
CACHE=${RENDER_BUILD_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/tutti-dashboard}
SNAPSHOT=https://snapshot.debian.org/archive/debian/20260901T000000Z
MIRRORS=(${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} https://deb.debian.org/debian "$SNAPSHOT")

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

require_tools() {
    local tool missing=()
    for tool in curl dpkg-deb node python3 sha256sum; do
        command -v "$tool" >/dev/null || missing+=("$tool")
    done
    ((${#missing[@]} == 0)) || fail "the build environment has no ${missing[*]}"
    [[ $(uname -m) == x86_64 ]] || fail "render-packages.txt names packages for amd64, and this is $(uname -m)"
}

# Subdomains of onrender.com are shared by everybody: when a name is taken, Render makes it another, and an address that
# was guessed belongs to a stranger.
check_destination() {
    local address=${ORCHESTRATOR_URL:-}
    [[ -n $address ]] || return 0
    grep -qF "destination: ${address%/}/*" "$BLUEPRINT" || fail "the orchestrator is at ${address%/}, but the routes of tutti-dashboard in \
infra/render.blueprint.yaml lead elsewhere: write 'destination: ${address%/}/*' there and deploy again"
}

is_intact() { [[ -f $2 && $(sha256sum "$2") == "$1 "* ]]; }

# fetch SUM PATH FILE: the first mirror that has the very file.
fetch() {
    local mirror
    is_intact "$1" "$3" && return
    for mirror in "${MIRRORS[@]}"; do
        curl -fsSL --retry 3 --connect-timeout 10 --max-time 180 -o "$3.new" "$mirror/$2" || continue
        if is_intact "$1" "$3.new"; then
            mv "$3.new" "$3"
            return
        fi
        printf 'warning: %s has another file than render-packages.txt asks for\n' "$mirror/$2" >&2
    done
    rm -f "$3.new"
    fail "no mirror has $2 with the SHA-256 $1 (tried ${MIRRORS[*]})"
}

# unpack FOLDER: all packages as they would lie below /.
unpack() {
    local sum path file
    mkdir -p "$CACHE"
    while read -r sum path; do
        [[ $sum != '#'* ]] || continue
        file=$CACHE/${path##*/}
        fetch "$sum" "$path" "$file"
        dpkg-deb --extract "$file" "$1"
    done <"$PACKAGES"
}

# The application lies below /app, as the orchestrator serves it; Render compresses by itself, and needs no source maps.
lay_out() {
    rm -rf "$SITE"
    mkdir -p "$SITE"
    cp -r "$HERE/dist" "$SITE/app"
    find "$SITE" -name '*.gz' -delete -o -name '*.map' -delete
}

require_tools
check_destination
ROOT=$(mktemp -d)
trap 'rm -rf "$ROOT"' EXIT
unpack "$ROOT"
export PATH=$ROOT/usr/bin:$PATH DASHBOARD_PACKAGES=$ROOT/usr/share/nodejs
# What was staged from other packages must not stay.
rm -rf "$HERE/node_modules"
python3 -B "$HERE/tools/build.py" build
lay_out
printf 'The site is in %s\n' "$SITE"
