#!/usr/bin/env bash
# Waitline beside `tight`, a hand-specialised loop without features, on the six workloads: nanoseconds of CPU time a contact, and their ratio.
#
#     benches/limits.sh [YARDSTICK] [ROUNDS]     by default ../shared/yardstick and 5 rounds
#
# Both run in turn, so that a busy machine slows both; only the ratio means something. Waitline is measured as users run it, the whole process with all
# statistics and the report, twice: the difference of a long and a short run over the difference of their contacts leaves out the start.
set -euo pipefail
cd "$(dirname "$0")/.."

yardstick=${1:-../shared/yardstick}
rounds=${2:-5}
workloads=(w1 w2 w3 w4 w3h w4h)
contacts=4000000 # of the long run; the shipped horizons give a million

if [ ! -f "$yardstick/Cargo.toml" ]; then
    echo "skipped: there is no yardstick in $yardstick (give its folder as the argument)"
    exit 0
fi

cargo build --quiet --release --locked
cargo build --quiet --release --locked --manifest-path "$yardstick/Cargo.toml" --target-dir target/yardstick --bin engine
waitline=target/release/waitline
tight=target/yardstick/release/engine
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# run WORKLOAD TENTHS: contacts and CPU seconds of a process; TENTHS of the shipped horizon.
run() {
    local horizon csv="$folder/report.csv" TIMEFORMAT='%U %S' used
    horizon=$(sed -n 's/^horizon = "\([0-9]*\)s"$/\1/p' "scenarios/workloads/$1.toml")
    sed "s/^horizon = .*/horizon = \"$((horizon * $2 / 10))s\"/" "scenarios/workloads/$1.toml" >"$folder/run.toml"
    used=$({ time "$waitline" run "$folder/run.toml" --seed "$3" --threads 1 --format csv --out "$csv" >/dev/null; } 2>&1)
    awk -F, -v used="$used" '$1 == "total" && $4 == "offered" { contacts = $(NF - 1) } END { split(used, cpu, " "); print contacts, cpu[1] + cpu[2] }' "$csv"
}

for ((round = 1; round <= rounds; round++)); do
    for workload in "${workloads[@]}"; do
        QUIET=1 "$tight" "$workload" "$contacts" tight "$round" 1 | awk -v name="$workload" '{ print name, "tight", $1 }'
        { run "$workload" 2 "$round"; run "$workload" $((contacts / 100000)) "$round"; } |
            awk -v name="$workload" '{ n[NR] = $1; s[NR] = $2 } END { print name, "waitline", 1e9 * (s[2] - s[1]) / (n[2] - n[1]) }'
    done
done >"$folder/figures"

# median WORKLOAD PROGRAM
median() {
    awk -v name="$1" -v program="$2" '$1 == name && $2 == program { print $3 }' "$folder/figures" | sort -g |
        awk '{ x[NR] = $1 } END { print (x[int((NR + 1) / 2)] + x[int((NR + 2) / 2)]) / 2 }'
}

echo "ns of CPU time a contact, medians of $rounds rounds in turn, one thread, all statistics on"
echo
echo "| workload | *tight* | Waitline | ratio |"
echo "|---|---|---|---|"
for workload in "${workloads[@]}"; do
    awk -v name="${workload^^}" -v tight="$(median "$workload" tight)" -v waitline="$(median "$workload" waitline)" \
        'BEGIN { printf "| %s | %.0f | %.0f | %.2f |\n", name, tight, waitline, waitline / tight }'
done
