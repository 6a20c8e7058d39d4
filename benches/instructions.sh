#!/usr/bin/env bash
# Instructions per contact of the six workloads, counted by valgrind: the same on a busy machine and an idle one.
#
#     benches/instructions.sh           compares with benches/instructions.txt; exit code 1: they differ by more than the tolerance
#     benches/instructions.sh --store   stores what it counts as the new baseline
#
# Each workload runs three times: for a second (that is the start: reading, checking, reporting), up to 4 % and up to 14 % of its horizon. What a contact
# costs is the difference of the last two over the difference of their contacts, so that starting and filling an empty center cancel out.
# Fewer instructions than the baseline fail too: a baseline that is not lowered with each gain would let the gain be lost unnoticed.
set -euo pipefail
cd "$(dirname "$0")/.."

baseline=benches/instructions.txt
tolerance=2 # percent
workloads=(w1 w2 w3 w4 w3h w4h)

if [ $# -gt 1 ] || { [ $# -eq 1 ] && [ "$1" != --store ]; }; then
    echo "usage: benches/instructions.sh [--store]" >&2
    exit 2
fi

if ! command -v valgrind >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "valgrind is missing: installing it"
    { apt-get update && apt-get install -y --no-install-recommends valgrind; } >/dev/null 2>&1 || true
fi
if ! command -v valgrind >/dev/null; then
    echo "skipped: instructions are counted with valgrind, which is not installed (apt-get install valgrind)"
    exit 0
fi

cargo build --release --locked
program=target/release/waitline
# What the allocator does depends on addresses: with one heap, at the same place each time, the counts repeat to some thousands.
export MALLOC_ARENA_MAX=1
fixed=()
if setarch -R true 2>/dev/null; then fixed=(setarch -R); fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# count WORKLOAD SECONDS: contacts and instructions of one run, into a file.
count() {
    local base="$folder/$1-$2" log
    sed "s/^horizon = .*/horizon = \"$2s\"/" "scenarios/workloads/$1.toml" >"$base.toml"
    if ! log=$("${fixed[@]}" valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" run "$base.toml" --threads 1 --format csv --out "$base.csv" 2>&1); then
        printf '%s\n' "$log" >&2
        return 1
    fi
    printf '%s %s\n' "$(awk -F, '$1 == "total" && $4 == "offered" { contacts = $(NF - 1) } END { print contacts }' "$base.csv")" \
        "$(awk '/Collected/ { print $NF }' <<<"$log")" >"$base.count"
}

# measure WORKLOAD: a line of the baseline.
measure() {
    local horizon few many
    horizon=$(sed -n 's/^horizon = "\([0-9]*\)s"$/\1/p' "scenarios/workloads/$1.toml")
    few=$((horizon * 4 / 100)) many=$((horizon * 14 / 100))
    count "$1" 1 && count "$1" "$few" && count "$1" "$many" || return 1
    awk -v name="$1" '{ contacts[NR] = $1; instructions[NR] = $2 }
        END { printf "%-8s %12.1f %12d\n", name, (instructions[3] - instructions[2]) / (contacts[3] - contacts[2]), instructions[1] }' \
        "$folder/$1-1.count" "$folder/$1-$few.count" "$folder/$1-$many.count" >"$folder/$1.line"
}

# Two at a time.
running=0
for workload in "${workloads[@]}"; do
    if [ "$running" -ge 2 ]; then wait -n; else running=$((running + 1)); fi
    measure "$workload" &
done
wait

made_with="rustc $(rustc --version | cut -d' ' -f2-), $(uname -m), $(getconf GNU_LIBC_VERSION 2>/dev/null || echo "another libc")"
{
    cat <<END
# Instructions per contact, and of the start, of the workloads in scenarios/workloads. Compared by \`.ci/run\`; stored by \`benches/instructions.sh --store\`.
# Made with: $made_with
# workload  per contact     of start
END
    for workload in "${workloads[@]}"; do cat "$folder/$workload.line"; done
} >"$folder/now.txt"

if [ "${1-}" = --store ]; then
    mv "$folder/now.txt" "$baseline"
    cat "$baseline"
    exit 0
fi

verdict=0
awk -v tolerance="$tolerance" '
    function versus(what, now, before,   change) {
        change = 100 * (now / before - 1)
        if (change > tolerance) { worse = worse sprintf("%s: %.1f %% more instructions %s than the baseline (%.0f, were %.0f)\n", $1, change, what, now, before) }
        if (change < -tolerance) { better = better sprintf("%s: %.1f %% fewer instructions %s than the baseline (%.0f, were %.0f)\n", $1, -change, what, now, before) }
        return sprintf("%+.1f %%", change)
    }
    BEGIN { printf "%-8s %13s %10s %13s %10s\n", "workload", "per contact", "change", "of start", "change" }
    /^#/ { next }
    FNR == NR { contact[$1] = $2; start[$1] = $3; next }
    !($1 in contact) { worse = worse $1 ": not in the baseline\n"; next }
    { printf "%-8s %13.0f %10s %13d %10s\n", $1, $2, versus("per contact", $2, contact[$1]), $3, versus("of the start", $3, start[$1]) }
    END {
        printf "%s%s", worse, better
        if (better != "" && worse == "") print "Well done. Store it, so that it stays:"
        if (worse != "") print "If that is meant, say why in the commit, and store it:"
        if (worse != "" || better != "") { print "  benches/instructions.sh --store"; exit 1 }
    }' "$baseline" "$folder/now.txt" || verdict=1

if [ "$verdict" = 1 ] && ! grep -qxF "# Made with: $made_with" "$baseline"; then
    echo "Not failed: the baseline was made with other tools, and compilers and libraries count differently."
    echo "  baseline:$(sed -n 's/^# Made with://p' "$baseline")"
    echo "  here:     $made_with"
    exit 0
fi
exit "$verdict"
