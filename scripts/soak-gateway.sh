#!/usr/bin/env bash
# Runs a gateway with traders under a steady load and prints its memory and descriptors, minute by minute. The load: 15 meters, ten
# intervals a second. Usage: scripts/soak-gateway.sh [MINUTES], 30 by default; needs a release build of sim-cli.
set -euo pipefail
minutes=${1:-30}
binary=${CARGO_TARGET_DIR:-target}/release/sim-cli
data=$(mktemp -d)
export ENGINEERING_API_KEY=soak-gateway-key
"$binary" gateway --listen 127.0.0.1:0 --data "$data" --clock readings --traders >"$data/out" 2>"$data/log" &
gateway=$!
trap 'kill $gateway $load 2>/dev/null; wait; rm -rf "$data"' EXIT
until grep -q Listening "$data/out"; do sleep 0.1; done
url=$(sed 's/Listening on //' "$data/out")
# More days than it can take: it is stopped when the time is over.
"$binary" run --gateway "$url" --date 2025-01-01 --days 3660 --speed 9000 --output quiet &
load=$!
echo "| minute | resident MiB | descriptors | readings confirmed | journal MiB |"
echo "|---:|---:|---:|---:|---:|"
for minute in $(seq 0 "$minutes"); do
    rss=$(awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$gateway/status")
    descriptors=$(find "/proc/$gateway/fd" -mindepth 1 | wc -l)
    confirmed=$(curl -sf -H "Authorization: Bearer $ENGINEERING_API_KEY" "$url/api/engineering/meter-summary" |
        sed 's/.*"confirmed":\([0-9]*\).*/\1/')
    size=$(du -sm "$data" | cut -f1)
    echo "| $minute | $rss | $descriptors | $confirmed | $size |"
    [ "$minute" = "$minutes" ] || sleep 60
done
