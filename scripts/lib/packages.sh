# shellcheck shell=bash disable=SC2034 # what is set here is used by the files beside this one
# SPDX-License-Identifier: Apache-2.0
# What the machine must have: Debian packages, installed when missing, and Swift, which Debian does not carry.

# Swift needs a C++ compiler's headers, libraries and linker, and its own tools need ncurses, sqlite and libxml2.
BUILD_PACKAGES=(binutils ca-certificates g++ git libcurl4-openssl-dev libhiredis-dev libjemalloc-dev libncurses6 libpq-dev
    libsqlite3-0 libssl-dev libxml2 pkg-config tzdata zlib1g-dev)
RUN_PACKAGES=(curl libhiredis0.14 libjemalloc2 libpq5)
DATABASE_PACKAGES=(postgresql-15)
TEST_PACKAGES=(haproxy python3 python3-venv redis-server)
BENCH_PACKAGES=(nodejs python3 python3-venv redis-server wrk)
# What scripts/chaos makes hosts, links and wrong clocks with.
CHAOS_PACKAGES=(iproute2 libfaketime mount util-linux)
CHECK_PACKAGES=(python3 python3-venv shellcheck)
# What the dashboard is made with; React comes with its types, which need the last two.
WEB_PACKAGES=(esbuild node-react node-react-dom node-typescript nodejs python3 node-csstype node-prop-types)
# What its browser tests need beside the database; the driver that Playwright brings needs libatomic1.
BROWSER_PACKAGES=(chromium libatomic1 python3 python3-venv)
SWIFT_WANTED=6.3

package_is_installed() {
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# ensure_packages NAME…: installs those that are missing, and asks for nothing when none is.
ensure_packages() {
    local name missing=() as_root=()
    command -v dpkg-query >/dev/null || {
        warn "this is not Debian: make sure that the equivalents of these are installed: $*"
        return 0
    }
    for name in "$@"; do
        package_is_installed "$name" || missing+=("$name")
    done
    ((${#missing[@]} > 0)) || return 0
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            fail "these packages are missing: ${missing[*]}. As root, run: apt-get update && apt-get install -y ${missing[*]}"
        as_root=(sudo)
    fi
    say "Installing with apt: ${missing[*]}"
    "${as_root[@]}" bash -c "$INSTALL_SCRIPT" install "${missing[@]}" ||
        fail "apt could not install: ${missing[*]} (its own words are above)"
}

# Debian's PostgreSQL package makes and starts a cluster of its own on port 5432 unless told otherwise. Nobody asked for
# that one, so it is told otherwise for as long as the installation lasts, and the setting is taken away again. In the same
# way the services of Redis and HAProxy, of which tests start their own, are neither started nor enabled.
# shellcheck disable=SC2016
INSTALL_SCRIPT='
    set -eu
    export DEBIAN_FRONTEND=noninteractive
    folder=/etc/postgresql-common/createcluster.d
    policy=/usr/sbin/policy-rc.d
    had_folder=yes made_policy=no services=
    restore() {
        rm -f "$folder/tutti.conf"
        [ "$had_folder" = yes ] || rmdir --ignore-fail-on-non-empty "$folder"
        [ "$made_policy" = no ] || rm -f "$policy"
    }
    trap restore EXIT
    for name in "$@"; do
        case $name in
            postgresql-*)
                [ -d "$folder" ] || had_folder=no
                mkdir -p "$folder"
                echo "create_main_cluster = false" > "$folder/tutti.conf" ;;
            redis-server | haproxy) services="$services $name" ;;
        esac
    done
    # 101 means: do not. One that is there already has its reasons.
    if [ -n "$services" ] && [ ! -e "$policy" ]; then
        made_policy=yes
        printf "#!/bin/sh\ncase \"\$1\" in redis-server* | haproxy*) exit 101 ;; esac\n" > "$policy"
        chmod 755 "$policy"
    fi
    apt-get update -qq
    apt-get install -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends --no-remove "$@"
    for name in $services; do update-rc.d "$name" disable >/dev/null; done
'

# Finds Swift where its installers put it when PATH does not have it, and refuses one that is too old.
ensure_swift() {
    local folder version
    if ! command -v swift >/dev/null; then
        for folder in "${SWIFTLY_BIN_DIR:-${HOME:-/root}/.local/share/swiftly/bin}" /opt/swift/usr/bin /usr/local/swift/usr/bin; do
            [[ -x $folder/swift ]] || continue
            PATH=$folder:$PATH
            break
        done
    fi
    command -v swift >/dev/null || fail "Swift $SWIFT_WANTED is not here.$(how_to_get_swift)"
    version=$(swift --version 2>&1) || fail "swift does not start: $version"
    [[ $version =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || fail "swift --version says nothing that looks like a version: $version"
    if ((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] < ${SWIFT_WANTED%.*} * 1000 + ${SWIFT_WANTED#*.})); then
        fail "Swift $SWIFT_WANTED is needed, but $(command -v swift) is ${BASH_REMATCH[1]}.${BASH_REMATCH[2]}.$(how_to_get_swift)"
    fi
    [[ ${BASH_REMATCH[1]}.${BASH_REMATCH[2]} == "$SWIFT_WANTED" ]] ||
        warn "built and tested with Swift $SWIFT_WANTED; this is ${BASH_REMATCH[1]}.${BASH_REMATCH[2]}"
}

how_to_get_swift() {
    local machine
    machine=$(uname -m)
    cat <<TEXT
 Get it with Swift's own installer (which needs curl and gnupg), then run this again:

    curl -fLO https://download.swift.org/swiftly/linux/swiftly-$machine.tar.gz
    tar -xzf swiftly-$machine.tar.gz
    ./swiftly init --assume-yes --skip-install
    . "\$HOME/.local/share/swiftly/env.sh"
    swiftly install --use $SWIFT_WANTED
TEXT
}

# python_environment: a virtual environment with exactly the pinned tools, made once for each change of the pins.
python_environment() {
    PYTHON_ENVIRONMENT=$ROOT/.tutti/venv
    pinned_environment "$PYTHON_ENVIRONMENT" scripts/requirements.txt
}

# browser_environment: the same for the browser tests of the dashboard.
browser_environment() {
    BROWSER_ENVIRONMENT=$ROOT/.tutti/browser-venv
    pinned_environment "$BROWSER_ENVIRONMENT" dashboard/test/requirements.txt
}

# workflow_environment: the same for what looks at the workflows of continuous integration; fails where PyPI is out of reach.
workflow_environment() {
    WORKFLOW_ENVIRONMENT=$ROOT/.tutti/check-venv
    pinned_environment "$WORKFLOW_ENVIRONMENT" scripts/check-requirements.txt
}

# pinned_environment FOLDER PINS
pinned_environment() {
    local folder=$1 pins=$ROOT/$2
    if [[ -f $folder/pins ]] && cmp -s "$pins" "$folder/pins" && "$folder/bin/python" -c '' 2>/dev/null; then return; fi
    say "Installing the test tools of $2"
    rm -rf "$folder"
    mkdir -p "$ROOT/.tutti"
    python3 -m venv "$folder" &&
        "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$pins" &&
        cp "$pins" "$folder/pins"
}

SDK_FOLDER=$ROOT/packages/sdk-python
SDK_ENVIRONMENT=$ROOT/.tutti/sdk-venv

# sdk_environment: a virtual environment with the Python SDK and what its tests need. Made anew when what the package asks for
# has changed; the package itself is installed each time, as anybody would.
sdk_environment() {
    if ! cmp -s "$SDK_FOLDER/pyproject.toml" "$SDK_ENVIRONMENT/pyproject.toml" ||
        ! "$SDK_ENVIRONMENT/bin/python" -c '' 2>/dev/null; then
        say "Installing the SDK with what its tests need"
        rm -rf "$SDK_ENVIRONMENT"
        mkdir -p "$ROOT/.tutti"
        python3 -m venv "$SDK_ENVIRONMENT"
        install_sdk "${SDK_FOLDER}[test]"
        cp "$SDK_FOLDER/pyproject.toml" "$SDK_ENVIRONMENT/pyproject.toml"
    else
        install_sdk --force-reinstall --no-deps "$SDK_FOLDER"
    fi
}

install_sdk() { "$SDK_ENVIRONMENT/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; }
