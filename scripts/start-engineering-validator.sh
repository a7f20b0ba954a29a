#!/usr/bin/env bash
# Starts the department's ledger: solana-test-validator with its ledger folder and, where that is new, the four programs, which the
# department's authority may upgrade. It stays in the foreground; Ctrl-C stops it, and the next start goes on where it was.
# Usage: scripts/start-engineering-validator.sh [--ledger DIR] [--seed NUMBER | --keys DIR] [--port PORT] [--reset] [-- OPTION...]
#   --ledger DIR   where the ledger is kept [default: engineering-ledger]
#   --seed NUMBER  whose authority may upgrade the programs and found the department [default: 42]
#   --keys DIR     the same by a key of `sim-cli keys --random --out DIR`, which nobody can compute
#   --port PORT    of the JSON-RPC; the next one is the WebSocket's, those from 1,000 above it the validator's own [default: 8899]
#   --reset        begins a new ledger
#   --no-programs  begins without programs: for `solana program deploy`
#   -- OPTION...   further options of solana-test-validator
# Environment: SIM_CLI, a built sim-cli; RUST_LOG, what the validator logs.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ledger=engineering-ledger seed=42 keys='' port=8899 reset=() with_programs=yes
usage() {
    sed -n '2,/^set -e/s/^# \{0,1\}//p' "$0" | sed '$d'
    exit "$1"
}
wrong() {
    echo "start-engineering-validator: $1" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case $1 in
        --ledger | --seed | --keys | --port)
            [ $# -gt 1 ] || wrong "$1 wants a value"
            case $1 in --ledger) ledger=$2 ;; --seed) seed=$2 ;; --keys) keys=$2 ;; --port) port=$2 ;; esac
            shift 2
            ;;
        --reset) reset=(--reset) && shift ;;
        --no-programs) with_programs='' && shift ;;
        --) shift && break ;;
        -h | --help) usage 0 ;;
        *) wrong "unknown option $1; --help lists them" ;;
    esac
done
[[ $port =~ ^[0-9]+$ ]] && [ "$port" -ge 1024 ] && [ "$port" -le 60000 ] || wrong "--port $port: give a number from 1024 to 60000"
[[ $seed =~ ^[0-9]+$ ]] || wrong "--seed $seed: give a number"

tool=$("$root/scripts/install-validator.sh" --check 2>/dev/null | grep '/solana-test-validator$') || true
[ -n "$tool" ] || wrong "solana-test-validator is missing; scripts/install-validator.sh builds it"
# Its own ports: gossip, faucet, and some dozens more.
gossip=$((port + 1000)) faucet=$((port + 1001)) first=$((port + 1002)) last=$((port + 1041))
for taken in "$port" $((port + 1)) "$gossip" "$faucet"; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$taken") 2>/dev/null; then
        wrong "port $taken is in use: stop what listens there (another validator?), or give another --port"
    fi
done
if [ "$(cat /proc/sys/kernel/io_uring_disabled 2>/dev/null || echo 0)" = 2 ]; then
    wrong "the validator needs io_uring: sysctl kernel.io_uring_disabled=0"
fi

programs=()
if [ -n "$with_programs" ] && { [ ${#reset[@]} -gt 0 ] || [ ! -e "$ledger/genesis.bin" ]; }; then
    sim_cli=${SIM_CLI:-}
    if [ -z "$sim_cli" ]; then
        (cd "$root" && cargo build --quiet --release --locked -p sim-cli)
        sim_cli=${CARGO_TARGET_DIR:-$root/target}/release/sim-cli
    fi
    if [ -n "$keys" ]; then from=(--keys "$keys"); else from=(--seed "$seed"); fi
    authority=$("$sim_cli" keys "${from[@]}" | sed -n 's/^authority //p')
    add() { programs+=(--upgradeable-program "$1" "$root/sdk/programs/program_$2.so" "$authority"); }
    # As in sdk/src/ledger/programs.rs and deploy/engineering-config.yaml.
    add CampusEnergyRegistry11111111111111111111111 registry
    add CampusEnergyToken11111111111111111111111111 token
    add CampusEnergy9rac1e1111111111111111111111111 oracle
    add CampusEnergyTrading111111111111111111111111 trading
    echo "New ledger in $ledger; its programs may be upgraded by $authority (${from[*]})"
fi
echo "JSON-RPC: http://127.0.0.1:$port"
exec "$tool" --ledger "$ledger" --rpc-port "$port" --gossip-port "$gossip" --faucet-port "$faucet" \
    --dynamic-port-range "$first-$last" --quiet "${reset[@]}" "${programs[@]}" "$@"
