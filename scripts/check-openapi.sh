#!/usr/bin/env bash
# Runs schemathesis (from PyPI) against a gateway and its own description: every answer must be one that /openapi.json promises, and
# nothing may make it fail. Needs python3 with venv, and a build of sim-cli. Usage: scripts/check-openapi.sh [EXAMPLES]
set -euo pipefail
cd "$(dirname "$0")/.."
version=4.32.5
root=${CAMPUS_SCHEMATHESIS_ROOT:-$HOME/.cache/campus-energy/schemathesis-$version}
binary=${SIM_CLI:-${CARGO_TARGET_DIR:-target}/release/sim-cli}
if [ ! -x "$root/bin/schemathesis" ]; then
    if ! { python3 -m venv "$root" && "$root/bin/pip" install --quiet "schemathesis==$version"; }; then
        rm -rf "$root"
        echo "openapi: NOT RUN, schemathesis could not be installed"
        exit 0
    fi
fi
data=$(mktemp -d)
export ENGINEERING_API_KEY=check-openapi-key
"$binary" gateway --listen 127.0.0.1:0 --data "$data" --clock readings >"$data/out" 2>"$data/log" &
gateway=$!
trap 'kill $gateway 2>/dev/null; wait; rm -rf "$data"' EXIT
until grep -q Listening "$data/out"; do kill -0 $gateway; sleep 0.1; done
url=$(sed 's/Listening on //' "$data/out")
# A reading to be found. The stream of events never ends: it has tests of its own.
"$binary" sign --meter ENG_001 --timestamp 1730448000 --generated 6.2 --consumed 4.1 |
    curl -sf -H "Authorization: Bearer $ENGINEERING_API_KEY" --data-binary @- "$url/api/engineering/meter-reading" >/dev/null
"$root/bin/schemathesis" --config-file schemathesis.toml run "$url/openapi.json" --no-color \
    --header "Authorization: Bearer $ENGINEERING_API_KEY" --exclude-path /events --max-examples "${1:-50}" --seed 1 \
    --request-timeout 20 --generation-database none
