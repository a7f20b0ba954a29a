#!/usr/bin/env bash
# Builds the web pages, sim-cli/web, with the packages of their lockfile. Usage: scripts/check-web.sh [--build]
# --build writes sim-cli/web/dist. Without it nothing is written: types, style, and whether dist is byte for byte what the sources give.
set -euo pipefail
cd "$(dirname "$0")/../sim-cli/web"
mode=check
[ "${1:-}" != --build ] || mode=build
not_run() {
    echo "web: NOT RUN, $1"
    # Somebody who asks for a build is not served by a word; a check goes on with what it can do.
    if [ "$mode" = build ]; then exit 1; else exit 0; fi
}
for tool in node npm; do
    command -v "$tool" >/dev/null || not_run "$tool is not installed (Debian: nodejs, npm)"
done
# Installed anew where the lockfile is another one.
if ! cmp -s package-lock.json node_modules/.installed; then
    if ! npm ci --no-progress; then
        # A lockfile that does not fit package.json is a fault; no way to the registry is not.
        if npm ping >/dev/null 2>&1; then exit 1; fi
        not_run "the packages of package-lock.json cannot be had: npm does not reach its registry"
    fi
    cp package-lock.json node_modules/.installed
fi
npm run --silent "$mode"
