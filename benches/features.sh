#!/usr/bin/env bash
# What features cost that a model does not use: Waitline beside a copy of itself that can do nothing but the six workloads.
#
#     benches/features.sh
#
# The copy has one loop instead of four: no flows, channels, offers or criteria, no ranks. How many more instructions the whole program executes is what the
# other three loops cost by being there; counted by valgrind, for the difference is too small for a clock. The reports must be equal to the byte.
set -euo pipefail
cd "$(dirname "$0")/.."

workloads=(w1 w2 w3 w4 w3h w4h)
if ! command -v valgrind >/dev/null; then
    echo "skipped: instructions are counted with valgrind, which is not installed (apt-get install valgrind)"
    exit 0
fi
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

# count PROGRAM REPORT: instructions of a tenth of a workload.
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$1" run "$folder/tenth.toml" --threads 1 --format json --out "$2" 2>&1 >/dev/null |
        awk '/Collected/ { print $NF }'
}

for workload in "${workloads[@]}"; do
    horizon=$(sed -n 's/^horizon = "\([0-9]*\)s"$/\1/p' "scenarios/workloads/$workload.toml")
    sed "s/^horizon = .*/horizon = \"$((horizon / 10))s\"/" "scenarios/workloads/$workload.toml" >"$folder/tenth.toml"
    all=$(count target/release/waitline "$folder/all.json")
    plain=$(count target/features/release/waitline "$folder/plain.json")
    cmp "$folder/all.json" "$folder/plain.json"
    awk -v name="$workload" -v all="$all" -v plain="$plain" 'BEGIN { printf "%-6s %+.2f %%\n", name, 100 * (all / plain - 1) }'
done
