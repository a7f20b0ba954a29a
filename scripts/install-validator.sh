#!/usr/bin/env bash
# Builds solana-test-validator, solana and spl-token from crates.io into the cache: half an hour on two cores, once.
# Where they are on the PATH already, those serve. Usage: scripts/install-validator.sh [--check]
# --check builds nothing: it prints where they are, and exits 1 where one is missing.
set -euo pipefail
version=4.2.2
root=${CAMPUS_VALIDATOR_ROOT:-$HOME/.cache/campus-energy/validator-$version}
export PATH=$root/bin:$PATH
missing=()
for tool in solana-test-validator solana spl-token; do
    command -v "$tool" || missing+=("$tool")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "${1:-}" = --check ]; then
    echo "install-validator: missing: ${missing[*]}; scripts/install-validator.sh builds them" >&2
    exit 1
fi

if ! command -v protoc >/dev/null || ! command -v clang >/dev/null || ! pkg-config --exists libudev openssl; then
    apt-get update -q && apt-get install -qy --no-install-recommends \
        build-essential clang libclang-dev libudev-dev protobuf-compiler libprotobuf-dev pkg-config libssl-dev
fi
# Speed of the build, not of the validator, is what is short here.
export OPENSSL_NO_VENDOR=1 CARGO_PROFILE_RELEASE_OPT_LEVEL=2 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
export CARGO_TARGET_DIR=${CAMPUS_VALIDATOR_TARGET:-$root/target}
for tool in "${missing[@]}"; do
    case $tool in
        solana-test-validator) package=(agave-validator --version "$version") ;;
        solana) package=(solana-cli --version "$version") ;;
        spl-token) package=(spl-token-cli --version 5.5.0) ;;
    esac
    cargo install --quiet --locked --root "$root" --bin "$tool" "${package[@]}"
done
rm -rf "$CARGO_TARGET_DIR"
echo "In $root/bin: ${missing[*]}"
