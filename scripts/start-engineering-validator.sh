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
#   --all-addresses  lets other machines reach it (by default it listens on 127.0.0.1): where a firewall or a container keeps them out
#   -- OPTION...   further options of solana-test-validator
# Environment: SIM_CLI, a built sim-cli; RUST_LOG, what the validator logs.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ledger=engineering-ledger seed=42 keys='' port=8899 reset=() with_programs=yes loopback=yes
usage() {
    sed -n '2,/^set -e/s/^# \{0,1\}//p' "$0" | sed '$d'
    exit "$1"
}
wrong() {
    echo "start-engineering-validator: $1" >&2
    exit 2
}
# What listens on a port of this machine: a validator of this script by its ledger, another program by its name, if ss sees it.
listener() {
    local id
    id=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | head -n 1)
    if [ -z "$id" ]; then
        echo "a process that cannot be seen from here (another validator?)"
    elif [ "$(cat "/proc/$id/comm" 2>/dev/null)" = solana-test-val ]; then
        echo "a validator that runs already, process $id, ledger $(tr '\0' '\n' <"/proc/$id/cmdline" | sed -n '/^--ledger$/{n;p;}')"
    else
        echo "$(cat "/proc/$id/comm" 2>/dev/null), process $id"
    fi
}
# Once the JSON-RPC listens: whether it, the WebSocket and the faucet do so on this machine's own addresses alone. If not, it says so. The
# process whose id is $$ becomes the validator.
watch_addresses() {
    local ports="sport = :$port or sport = :$((port + 1)) or sport = :$faucet" open
    command -v ss >/dev/null || return 0
    while [ -z "$(ss -Hltn "sport = :$port" 2>/dev/null)" ]; do
        kill -0 $$ 2>/dev/null || return 0
        sleep 1
    done
    sleep 2
    open=$(ss -Hltn "( $ports )" 2>/dev/null | awk '$4 !~ /^(127\.|\[::1\]|\[::ffff:127\.)/ { print $4 }' | paste -sd ' ')
    if [ -n "$open" ]; then
        echo "WARNING: start-engineering-validator: it listens on ${open}: other machines may reach it and have all lamports. Stop it" \
            "(Ctrl-C), or keep them out by a firewall" >&2
    fi
}
given=''
while [ $# -gt 0 ]; do
    case $1 in
        --ledger | --seed | --keys | --port)
            [ $# -gt 1 ] || wrong "$1 wants a value"
            case $1 in --ledger) ledger=$2 ;; --seed) seed=$2 given=$1 ;; --keys) keys=$2 given=$1 ;; --port) port=$2 ;; esac
            shift 2
            ;;
        --reset) reset=(--reset) && shift ;;
        --no-programs) with_programs='' given=$1 && shift ;;
        --all-addresses) loopback='' && shift ;;
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
        wrong "port $taken is in use, by $(listener "$taken"): stop it (Ctrl-C where it was started), or give another --port and --ledger"
    fi
done
if [ "$(cat /proc/sys/kernel/io_uring_disabled 2>/dev/null || echo 0)" = 2 ]; then
    wrong "the validator needs io_uring: sysctl kernel.io_uring_disabled=0"
fi

if [ -n "$given" ] && [ ${#reset[@]} -eq 0 ] && [ -e "$ledger/genesis.bin" ]; then
    echo "start-engineering-validator: the ledger in $ledger goes on as it began; $given is for a new one (--reset, or another --ledger)" >&2
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
# Whoever reaches JSON-RPC, WebSocket and faucet has all lamports: only this machine does.
if [ -n "$loopback" ]; then
    library=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/campus-energy/loopback.so
    # LD_PRELOAD is split at spaces and colons, and what is not found is passed over: the validator would listen on every address.
    if [[ $library =~ [[:space:]:] ]] || [[ $library != /* ]]; then
        wrong "$library cannot be preloaded: set XDG_CACHE_HOME to an absolute path without spaces and colons; --all-addresses does without"
    fi
    if [ ! -e "$library" ] || [ "$root/scripts/loopback.c" -nt "$library" ]; then
        command -v cc >/dev/null ||
            wrong "there is no C compiler (cc), and without scripts/loopback.c the validator listens on every address; --all-addresses allows that"
        mkdir -p "$(dirname "$library")"
        cc -shared -fPIC -O2 -o "$library.$$" "$root/scripts/loopback.c" && mv "$library.$$" "$library"
    fi
    # In the background, and no child of the validator's that it would have to wait for.
    (watch_addresses &)
    export LD_PRELOAD=$library${LD_PRELOAD:+:$LD_PRELOAD}
fi
exec "$tool" --ledger "$ledger" --rpc-port "$port" --gossip-port "$gossip" --faucet-port "$faucet" \
    --dynamic-port-range "$first-$last" --quiet "${reset[@]}" "${programs[@]}" "$@"
