#!/usr/bin/env bash
# What features cost that a model does not use: Waitline beside a copy of itself that can do nothing but the six workloads.
#
#     benches/features.sh [ROUNDS]     by default 5 rounds
#
# The copy has one loop instead of four: no flows, channels, offers or criteria, no ranks. Both are whole programs, run in turn; the median of the ratios is
# what the other three loops cost by being there. Their reports must be equal to the byte.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-5}
workloads=(w1 w2 w3 w4 w3h w4h)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cargo build --quiet --release --locked
mkdir "$folder/plain"
cp -r Cargo.toml Cargo.lock src benches "$folder/plain"
# Of the four branches of `engine::run` the last remains.
awk '/^    if model\.has_desks\(\) \{$/ { skipping = 1 }
     skipping && /^    \} else \{$/ { skipping = 0; getline; print; getline; next }
     !skipping { print }' src/engine/mod.rs >"$folder/plain/src/engine/mod.rs"
if [ "$(grep -c '::new(model, streams, observer)' "$folder/plain/src/engine/mod.rs")" != 1 ]; then
    echo "src/engine/mod.rs is not as this script expects it" >&2
    exit 2
fi
cargo build --quiet --release --locked --manifest-path "$folder/plain/Cargo.toml" --target-dir target/features 2>"$folder/warnings" || {
    cat "$folder/warnings" >&2
    exit 1
}

# run PROGRAM WORKLOAD REPORT: CPU seconds.
run() {
    local TIMEFORMAT='%U %S' used
    used=$({ time "$1" run "scenarios/workloads/$2.toml" --threads 1 --format json --out "$3" >/dev/null; } 2>&1)
    awk '{ print $1 + $2 }' <<<"$used"
}

for workload in "${workloads[@]}"; do
    for ((round = 1; round <= rounds; round++)); do
        all=$(run target/release/waitline "$workload" "$folder/all.json")
        plain=$(run target/features/release/waitline "$workload" "$folder/plain.json")
        cmp "$folder/all.json" "$folder/plain.json"
        awk -v all="$all" -v plain="$plain" 'BEGIN { print all / plain }'
    done | sort -g | awk -v name="$workload" '{ x[NR] = $1 } END { printf "%-6s %.3f\n", name, (x[int((NR + 1) / 2)] + x[int((NR + 2) / 2)]) / 2 }'
done
