#!/usr/bin/env bash
# Builds the programs to SBF bytecode: with `cargo build-sbf` where it is installed, else by the upstream route (a Debian
# sid tree, see scripts/sbf/install-toolchain.sh). Writes sdk/programs/*.so with a manifest, and the tests' programs to
# tests/fixtures. Usage: scripts/build-programs.sh [--force] [--arch v0|v3]
set -euo pipefail
cd "$(dirname "$0")/.."
root=${CAMPUS_SBF_ROOT:-$HOME/.cache/campus-energy/sbf-root}
packages=(program-registry program-token program-oracle program-trading)
# Programs of the tests, in tests/programs; their .so go to tests/fixtures.
fixtures=(arithmetic hostile)
packages+=("${fixtures[@]}")
force=no arch=v3
while [ $# -gt 0 ]; do
    case $1 in
        --force) force=yes ;;
        --arch) arch=${2:?--arch takes v0 or v3}; shift ;;
        *) echo "build-programs: unknown option $1; known: --force, --arch v0|v3" >&2; exit 2 ;;
    esac
    shift
done
case $arch in v0|v3) ;; *) echo "build-programs: --arch $arch: give v0 or v3" >&2; exit 2 ;; esac

manifest=sdk/programs/manifest.json
hash=$(scripts/sbf/source-hash.sh)
if [ "$force" = no ] && grep -q "\"sources\": \"$hash\"" "$manifest" 2>/dev/null; then
    echo "The programs are up to date with their sources ($hash)."
    exit 0
fi

is_fixture() { [[ " ${fixtures[*]} " == *" $1 "* ]]; }

# The programs' profile: the workspace's release profile is for the host tools.
profile=(CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_OPT_LEVEL=3)
package_flags=()
for package in "${packages[@]}"; do package_flags+=(--package "$package"); done

if cargo build-sbf --version >/dev/null 2>&1; then
    toolchain=$(cargo build-sbf --version | tr '\n' ' ' | sed 's/ *$//')
    built=$(mktemp -d)
    for package in "${packages[@]}"; do
        manifest_path=$package/Cargo.toml
        is_fixture "$package" && manifest_path=tests/programs/$package/Cargo.toml
        env "${profile[@]}" cargo build-sbf --manifest-path "$manifest_path" --arch "$arch" --sbf-out-dir "$built"
    done
else
    scripts/sbf/install-toolchain.sh "$root"
    # The sources are copied, so that the tree sees one path on every machine and the host's target stays its own; as of now,
    # so that nothing another worktree has built passes for theirs.
    rm -rf "$root/src"
    mkdir -p "$root/src"
    git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -cf - | tar -xmf - -C "$root/src"
    flags="-Zunstable-options -C panic=immediate-abort -C relocation-model=static"
    for argument in --llvm-args=--bpf-max-stores-per-memfunc=5 --llvm-args=--disable-gotox \
        --llvm-args=-bpf-stack-size=4096 /work/int128.bc; do
        flags+=" -C link-arg=$argument"
    done
    [ "$arch" = v0 ] && flags+=" -C link-arg=--arch=v0 -C target-cpu=v2"
    chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/local/bin:/usr/bin:/bin LC_ALL=C.UTF-8 \
        CARGO_HTTP_CAINFO=/etc/ssl/certs/ca-certificates.crt RUSTC_BOOTSTRAP=1 RUSTC_BOOTSTRAP_SYNTHETIC_TARGET=1 \
        __CARGO_TESTS_ONLY_SRC_ROOT=/work/std/library RUSTFLAGS="$flags" "${profile[@]}" \
        cargo build --manifest-path /src/Cargo.toml --target-dir /target --release --target /work/sbf-solana-solana.json \
        -Z json-target-spec -Zbuild-std=std -Zbuild-std-features= "${package_flags[@]}"
    toolchain="$(chroot "$root" rustc --version), sbpf-linker $(chroot "$root" /usr/local/bin/sbpf-linker --version | sed -n '1s/.* //p'), LLVM $(chroot "$root" clang-23 --version | sed -n '1s/.*version \([0-9.]*\).*/\1/p')"
    built=$root/target/sbf-solana-solana/release
    for package in "${packages[@]}"; do
        name=${package//-/_}
        cp "$built/lib$name.so" "$built/$name.so"
    done
fi

mkdir -p sdk/programs tests/fixtures
entries=
for package in "${packages[@]}"; do
    name=${package//-/_}
    directory=sdk/programs
    is_fixture "$package" && directory=tests/fixtures
    cp "$built/$name.so" "$directory/$name.so.new"
    mv "$directory/$name.so.new" "$directory/$name.so"
    size=$(stat -c %s "$directory/$name.so")
    digest=$(sha256sum "$directory/$name.so" | cut -d' ' -f1)
    entries+="    {\"file\": \"$directory/$name.so\", \"bytes\": $size, \"sha256\": \"$digest\"},"$'\n'
    printf '%-40s %8d bytes  %s\n' "$directory/$name.so" "$size" "${digest:0:16}"
done
# The sBPF version is the ELF header's flags word.
sbpf=$(od -An -tu4 -j48 -N4 sdk/programs/program_registry.so | tr -d ' ')
cat > "$manifest.new" <<JSON
{
  "sources": "$hash",
  "toolchain": "$toolchain",
  "sbpf_version": $sbpf,
  "programs": [
${entries%,$'\n'}
  ]
}
JSON
mv "$manifest.new" "$manifest"
echo "sources $hash, sBPF v$sbpf, $toolchain"
