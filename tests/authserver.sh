#!/usr/bin/env bash
# Signing in at an authorization server of others' making: installs it with npm below target/, runs tests/authserver.rs
# against it on a free loopback port, and ends it. Where it cannot be had, that is said, and nothing fails.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
home=$target/authserver
log=$target/authserver-install.log

skip() {
    echo "SKIPPED: nobody signs in at another's authorization server: $*"
    exit 0
}

command -v node >/dev/null || skip "there is no node"
mkdir -p "$home"
cp tests/authserver/package.json tests/authserver/package-lock.json tests/authserver/server.js "$home/"
if ! cmp -s "$home/package-lock.json" "$home/installed"; then
    command -v npm >/dev/null || skip "there is no npm"
    # The versions and their sums are those of package-lock.json; nothing of theirs runs while it is installed.
    (cd "$home" && npm_config_cache=$target/npm-cache timeout 120 \
        npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier) >"$log" 2>&1 ||
        skip "npm cannot install it: $(tail -n 1 "$log")"
    cp "$home/package-lock.json" "$home/installed"
fi

coproc SERVER { exec node "$home/server.js"; }
server=$SERVER_PID
trap 'kill "$server" 2>/dev/null || true' EXIT
read -r -t 30 line <&"${SERVER[0]}" || { echo "the authorization server did not say where it listens"; exit 1; }

MOBPROC_AUTHSERVER=${line#listening on } cargo test --locked --test authserver -- --ignored
