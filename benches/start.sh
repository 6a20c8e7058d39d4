#!/usr/bin/env bash
# How long the shell waits for a small task: medians of whole processes, in turn, beside a program that does nothing.
#
#     benches/start.sh [ROUNDS]     by default 50
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-50}
cargo build --quiet --release --locked
waitline=target/release/waitline
commands=(
    "$(type -P true)"
    "$waitline --version"
    "$waitline run scenarios/savings-overflow.toml --replications 1"
    "$waitline run scenarios/bank-1999/weekday.toml --replications 1"
    "$waitline check scenarios/savings-overflow.toml"
    "$waitline check scenarios/bank-1999/weekday.toml"
)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for ((round = 1; round <= rounds; round++)); do
    for number in "${!commands[@]}"; do
        begun=${EPOCHREALTIME/[.,]/}
        # shellcheck disable=SC2086 # words are wanted
        ${commands[number]} >/dev/null
        ended=${EPOCHREALTIME/[.,]/}
        echo "$((ended - begun))" >>"$folder/$number"
    done
done

echo "milliseconds from the shell and back, medians of $rounds rounds"
for number in "${!commands[@]}"; do
    sort -n "$folder/$number" |
        awk -v command="${commands[number]#target/release/}" '{ x[NR] = $1 } END { printf "%7.1f  %s\n", (x[int((NR + 1) / 2)] + x[int((NR + 2) / 2)]) / 2000, command }'
done
