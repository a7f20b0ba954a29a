#!/usr/bin/env bash
# Runs the adversary of the test suite and rewrites the figures in SECURITY.md, between their two markers. WALK_STEPS sets the steps of the
# random walk (`make walk` takes a million), GATEWAY_KILLS how often the gateway is killed. Usage: scripts/attack.sh
set -euo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export GATEWAY_KILLS=${GATEWAY_KILLS:-50}
attacks=(matrix_accounts matrix_data hostile hostile_log hostile_powers hostile_siblings hostile_signatures)
others=(random_walk fuzz_decoders fuzz_inputs exactly_once_model gateway_crashes)
tests=()
for name in "${attacks[@]}" "${others[@]}"; do tests+=(--test "$name"); done
cargo test --locked --workspace "${tests[@]}" -- --nocapture 2>&1 | tee "$log"

# Each test prints its figures as a line: `attacks: tried N, refused as expected N, wrongly refused N, accepted N`, `legitimate: tried N`.
sum() { sed -nE "s/.*$1.*/\\1/p" "$log" | awk '{ sum += $1 } END { print sum + 0 }'; }
last() { sed -nE "s/.*$1.*/\\1/p" "$log" | tail -n 1; }
figures=$(
    echo "Printed by \`make attack\` on the committed bytecode:"
    echo
    echo '| | |'
    echo '|---|---:|'
    echo "| attacks tried | $(sum 'attacks: tried ([0-9]+)') |"
    echo "| refused as expected | $(sum 'attacks: .*refused as expected ([0-9]+)') |"
    echo "| wrongly refused | $(sum 'wrongly refused ([0-9]+)') |"
    echo "| accepted | $(sum 'wrongly refused [0-9]+, accepted ([0-9]+)') |"
    echo "| legitimate variants tried, all accepted | $(sum 'legitimate: tried ([0-9]+)') |"
    echo "| steps of the random walk | $(last 'walk: ([0-9]+) steps') |"
    echo "| inputs of the fuzz targets | $(sum 'fuzz: ([0-9]+) inputs') |"
    echo "| states of the model of exactly-once | $(sum ' ([0-9]+) states,') |"
    echo "| gateways killed | $GATEWAY_KILLS |"
)
FIGURES=$figures python3 - <<'PYTHON'
import os, re
text = open("SECURITY.md").read()
begin, end = "<!-- figures: written by `make attack` -->", "<!-- end of figures -->"
new = begin + "\n" + os.environ["FIGURES"] + "\n" + end
text, count = re.subn(re.escape(begin) + ".*?" + re.escape(end), lambda _: new, text, flags=re.S)
assert count == 1, "SECURITY.md has lost its markers"
open("SECURITY.md", "w").write(text)
PYTHON
printf '\n%s\n' "$figures"
