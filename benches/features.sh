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

printf '%-10s %12s %12s %8s\n' workload "all, s" "plain, s" ratio
for workload in "${workloads[@]}"; do
    for ((round = 1; round <= rounds; round++)); do
        all=$(run target/release/waitline "$workload" "$folder/all.json")
        plain=$(run target/features/release/waitline "$workload" "$folder/plain.json")
        cmp "$folder/all.json" "$folder/plain.json"
        echo "$all $plain"
    done | sort -n | awk -v name="$workload" '
        { all[NR] = $1; plain[NR] = $2; ratio[NR] = $1 / $2 }
        function median(values,   copy, i, j, kept) {
            for (i = 1; i <= NR; i++) { copy[i] = values[i] }
            for (i = 2; i <= NR; i++) { kept = copy[i]; for (j = i - 1; j >= 1 && copy[j] > kept; j--) { copy[j + 1] = copy[j] } copy[j + 1] = kept }
            return (copy[int((NR + 1) / 2)] + copy[int((NR + 2) / 2)]) / 2
        }
        END { printf "%-10s %12.3f %12.3f %8.3f\n", name, median(all), median(plain), median(ratio) }'
done
