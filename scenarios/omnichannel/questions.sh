#!/usr/bin/env bash
# What the day answers: each variant meets the same contacts as the day as it is.
set -euo pipefail
cd "$(dirname "$0")"
waitline="${WAITLINE:-waitline}"

echo "== How many chats at once?"
"$waitline" compare day.toml --set "profile.writing.chat.at_once=1,2,4" \
    --metric support.service_level --metric support.abandonment_rate --metric writing.occupancy --metric writing.concurrency

echo "== May letters be written by those who take calls, and how many of them must stay available?"
"$waitline" compare day.toml --set "profile.voice.back-office.keep_available=0,2,6" \
    --metric support.service_level --metric back-office.asa_s --metric voice.occupancy

echo "== What do missed offers cost?"
"$waitline" compare day.toml --each --set "profile.voice.offers.missed=0%,10%" --set "profile.writing.offers.missed=0%,10%" \
    --metric support.service_level --metric support.abandonment_rate
