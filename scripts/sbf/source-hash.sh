#!/usr/bin/env bash
# Prints the sha256 of all that the programs are built from: their sources, the matching core's and the sdk's (without its
# host-only ledger), the release profile, the build itself, and their dependencies as Cargo.lock has them, with features.
# The staleness test and scripts/build-programs.sh both call this: there is no second definition.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/../.."
programs=(program-registry program-token program-oracle program-trading)
{
    find sdk/matching/src sdk/matching/Cargo.toml sdk/src sdk/Cargo.toml "${programs[@]}" tests/programs scripts/sbf -type f \
        \( -name '*.rs' -o -name 'Cargo.toml' -o -name '*.c' -o -name '*.py' \) -not -path 'sdk/src/ledger/*' |
        sort | xargs sha256sum
    sed -n '/^\[profile\.release/,/^$/p' Cargo.toml
    for program in "${programs[@]}" arithmetic hostile; do
        cargo tree --locked --quiet --prefix none --edges normal --format '{p} {f}' --package "$program" |
            sed 's/ ([^)]*)//g' | sort -u
    done
} | sha256sum | cut -d' ' -f1
