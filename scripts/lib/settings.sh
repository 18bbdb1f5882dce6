# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The file of settings: written once with fresh secrets, then the person's own. It is read as text, never run.

declare -A SETTINGS=()

# The clone's .env for the suite of the clone; a suite with a home of its own keeps its settings there.
settings_file() {
    if [[ $TUTTI_HOME == "$ROOT/.tutti" ]]; then printf '%s/.env' "$ROOT"; else printf '%s/.env' "$TUTTI_HOME"; fi
}

# Writes the file on the first run, readable by its owner only; an existing one is never touched.
write_settings() {
    local file
    file=$(settings_file)
    [[ ! -e $file ]] || return 0
    (
        umask 077
        cat >"$file.new" <<TEXT
# Settings of this suite, read by scripts/up at every start. Every key there is, with what it means: .env.example.
# Keep this file to yourself: whoever has it can do anything that Tutti can.
BASIC_AUTH_USER=admin
BASIC_AUTH_PASS=$(random_hex 16)
INTERNAL_KEY=$(random_hex 32)
TEXT
        mv -n "$file.new" "$file"
    )
    say "Wrote $file with new random credentials"
}

# Reads KEY=VALUE lines into SETTINGS; quotes around a value are taken off, and a key without a value counts as not set.
read_settings() {
    local file line key value number=0
    file=$(settings_file)
    while IFS= read -r line || [[ -n $line ]]; do
        number=$((number + 1))
        line=${line%$'\r'}
        [[ ! $line =~ ^[[:space:]]*(#|$) ]] || continue
        [[ $line =~ ^[[:space:]]*([A-Za-z_][A-Za-z0-9_]*)=(.*)$ ]] || fail "$file, line $number: expected KEY=VALUE"
        key=${BASH_REMATCH[1]}
        value=${BASH_REMATCH[2]}
        value=${value%"${value##*[![:space:]]}"}
        if [[ $value =~ ^\"(.*)\"$ || $value =~ ^\'(.*)\'$ ]]; then value=${BASH_REMATCH[1]}; fi
        [[ -z $value ]] || SETTINGS[$key]=$value
    done <"$file"
    for key in BASIC_AUTH_PASS INTERNAL_KEY; do
        [[ -n ${SETTINGS[$key]:-} ]] || fail "$file has no $key: add a line $key=…"
    done
    [[ $(stat -c %a "$file") =~ 00$ ]] || warn "$file can be read by other users of this machine: chmod 600 $file"
}

# The seed that signs the heads of the event chain: outside the database, so that the database alone cannot forge one.
write_signing_key() {
    local file=$TUTTI_HOME/event-signing.key
    [[ ! -s $file ]] || return 0
    (
        umask 077
        head -c 32 /dev/urandom | base64 >"$file.new"
        mv -n "$file.new" "$file"
    )
}
