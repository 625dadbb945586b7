#!/usr/bin/env bash
# Holds the sandbox to assets/openapi.yaml with generated requests: tests/schemathesis.sh [REQUESTS-PER-OPERATION]
# The tool comes from PyPI into a virtual environment under target/, which is kept. Its exit code is this script's;
# where it cannot be had, that is said, and nothing fails.
set -euo pipefail
cd "$(dirname "$0")/.."

version=4.32.5
requests=${1:-150}
root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
venv=$target/schemathesis-$version
log=$target/schemathesis-install.log

skip() {
    echo "SKIPPED: schemathesis $version is not run: $*"
    exit 0
}

mkdir -p "$target"
if [ ! -e "$venv/installed" ]; then
    command -v python3 >/dev/null || skip "there is no python3"
    rm -rf "$venv"
    python3 -m venv "$venv" >"$log" 2>&1 || skip "python3 makes no virtual environment: $(tail -n 1 "$log")"
    "$venv/bin/pip" install --quiet --no-cache-dir --disable-pip-version-check "schemathesis==$version" >>"$log" 2>&1 ||
        skip "pip cannot install it: $(tail -n 1 "$log")"
    touch "$venv/installed"
fi

cargo build --locked
coproc SANDBOX { exec "$target/debug/mobproc" sandbox --listen 127.0.0.1:0; }
server=$SANDBOX_PID
trap 'kill "$server" 2>/dev/null || true' EXIT
read -r -t 30 line <&"${SANDBOX[0]}" || { echo "the sandbox did not say where it listens"; exit 1; }

# It leaves files where it is started.
work=$target/schemathesis-work
mkdir -p "$work"
cd "$work"
status=0
held() {
    "$venv/bin/schemathesis" --config-file "$root/tests/schemathesis.toml" run "$root/assets/openapi.yaml" \
        --max-examples "$requests" "$@" || status=$?
    kill -0 "$server" 2>/dev/null || { echo "the sandbox did not outlive the requests"; exit 1; }
}
url=${line#listening on }
held --url "$url" --exclude-operation-id drawToken
# The token endpoint stands at the root of the origin, and the tool knows one address a run.
held --url "${url%/mobproc/v1}" --include-operation-id drawToken
exit "$status"
