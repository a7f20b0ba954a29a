#!/usr/bin/env bash
# Mounts /proc and /dev inside the toolchain root, once. Usage: scripts/sbf/mount.sh ROOT
set -euo pipefail
root=$1
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
mountpoint -q "$root/dev" || mount --bind /dev "$root/dev"
