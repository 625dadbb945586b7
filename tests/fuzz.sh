#!/usr/bin/env bash
# Fuzzes what reads bytes that others write: tests/fuzz.sh TARGET|all SECONDS, or tests/fuzz.sh build
# Says for each target how often it ran and how often it crashed; exit code 1 where one did. Everything lies below target/:
# the tool, the build, what was found (target/fuzz/corpus) and what crashed (target/fuzz/artifacts).
# Without sanitizers, for nothing of ours is `unsafe`: so the stable compiler does, and more is run in the time.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.13.2
wanted=${1:?"usage: tests/fuzz.sh TARGET|all SECONDS, or tests/fuzz.sh build"}
all=$(cd tests/fuzz/bin && ls -- *.rs | sed 's/\.rs$//')
case $wanted in
build) targets= ;;
all) targets=$all ;;
*) targets=$wanted ;;
esac
seconds=${2-}
[ -z "$targets" ] || : "${seconds:?"how many seconds for each target?"}"

tool=target/tools/bin/cargo-fuzz
if ! "$tool" --version 2>/dev/null | grep -qF " $version"; then
    cargo install --locked --quiet --root target/tools "cargo-fuzz@$version"
fi

work=target/fuzz
build=$work/build
mkdir -p "$work"
# The names that replies are made of: without them most of what is tried is no reply at all.
cat tests/fixtures/*.json tests/fuzz/seeds/*/* | grep -aoE '"[A-Za-z_]{2,30}"' | sort -u |
    sed 's/"\(.*\)"/"\\"\1\\":"/' >"$work/names"
printf '"%s"\n' '\\ud800' '\\u001b' '\xe2\x80\xae' '\xcc\x81' '\xc2\x9b' '[profile.' '(?:' '\\\\p{' '{2,}' >>"$work/names"

"$tool" build --fuzz-dir tests/fuzz --target-dir "$build" --sanitizer none >&2
built=$build/$(rustc -vV | sed -n 's/^host: //p')/release
failed=0
for target in $targets; do
    seeds=$work/seeds/$target corpus=$work/corpus/$target artifacts=$work/artifacts/$target log=$work/$target.log
    mkdir -p "$seeds" "$corpus" "$artifacts"
    cp tests/fuzz/seeds/"$target"/* "$seeds/"
    case $target in
    reply | errors) for file in tests/fixtures/*.json; do
        { printf '\0\0' && cat "$file"; } >"$seeds/$(basename "$file")"
    done ;;
    page) cp tests/fixtures/*.json "$seeds/" ;;
    esac
    # The whole of a reply matters, not only its beginning; memory and time of one run are bounded as the program's are.
    code=0
    "$built/$target" "$corpus" "$seeds" -max_total_time="$seconds" -max_len=16384 \
        -len_control=20 -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 -dict="$work/names" \
        -artifact_prefix="$artifacts/" >"$log" 2>&1 || code=$?
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
    crashes=$(find "$artifacts" -type f | wc -l)
    echo "$target: ${runs:-0} executions in $seconds s, $crashes crashes"
    if [ "$code" != 0 ] || [ "$crashes" != 0 ]; then
        failed=1
        grep -aE "panicked|ERROR|SUMMARY|error" -A 3 "$log" | tail -n 12 >&2
        echo "$target: see $log and $artifacts" >&2
    fi
done
exit "$failed"
