#!/usr/bin/env bash
# Installs the upstream route to SBF bytecode where `cargo build-sbf` is not to be had: a Debian sid tree with rustc,
# LLVM 23 and sbpf-linker, and a copy of std that knows the target OS `solana`. Needs root (debootstrap, chroot).
# Idempotent: each finished step leaves a stamp. Usage: scripts/sbf/install-toolchain.sh [ROOT]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=${1:-${CAMPUS_SBF_ROOT:-$HOME/.cache/campus-energy/sbf-root}}
linker_version=0.2.6
packages=(rustc cargo rust-src llvm-23-dev libpolly-23-dev clang-23 gcc g++ libc6-dev zlib1g-dev libzstd-dev)

[ "$(id -u)" = 0 ] || { echo "install-toolchain: needs root for debootstrap and chroot" >&2; exit 1; }
mkdir -p "$root/.stamps" "$root/work"
stamp() { [ -e "$root/.stamps/$1" ]; }
done_() { touch "$root/.stamps/$1"; }

if ! stamp base; then
    command -v debootstrap >/dev/null || { apt-get update -q && apt-get install -qy --no-install-recommends debootstrap; }
    debootstrap --variant=minbase --include=ca-certificates sid "$root" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"}
    done_ base
fi
cp -f /etc/resolv.conf "$root/etc/resolv.conf"
cp -fL /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
"$here/mount.sh" "$root"

in_root() { chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/local/bin:/usr/bin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 "$@"; }

if ! stamp packages; then
    # A mirror may lag behind sid's short validity; its signature is still checked.
    in_root apt-get update -q -o Acquire::Check-Valid-Until=false
    in_root apt-get install -qy --no-install-recommends "${packages[@]}"
    done_ packages
fi
if ! stamp "linker-$linker_version"; then
    in_root env CARGO_HTTP_CAINFO=/etc/ssl/certs/ca-certificates.crt LLVM_PREFIX=/usr/lib/llvm-23 \
        cargo install sbpf-linker --version "$linker_version" --no-default-features --features bpf-linker/llvm-23 --root /usr/local
    done_ "linker-$linker_version"
fi

# std, taught the target OS. Always redone: it takes a second and follows patch-std.py.
rm -rf "$root/work/std"
mkdir -p "$root/work/std"
cp -rL "$root"/usr/lib/rustlib/src/rust/library "$root/work/std/library"
python3 "$here/patch-std.py" "$root/work/std/library"

# The 128-bit library calls in the ABI the linker's LLVM expects (see int128.c).
cp "$here/int128.c" "$root/work/int128.c"
in_root clang-23 -target bpfel -mcpu=v2 -O2 -emit-llvm -c /work/int128.c -o /work/int128.bc

in_root env RUSTC_BOOTSTRAP=1 rustc -Z unstable-options --print target-spec-json --target bpfel-unknown-none > "$root/work/bpfel.json"
python3 "$here/target-spec.py" "$root/work/bpfel.json" > "$root/work/sbf-solana-solana.json"
echo "sbf toolchain ready in $root: $(in_root rustc --version), sbpf-linker $linker_version"
