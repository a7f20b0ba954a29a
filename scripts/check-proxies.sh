#!/usr/bin/env bash
# Puts nginx and Caddy in front of a real gateway, with the files of deploy/proxy and a certificate of its own, and nginx once more
# with a bare proxy_pass: the dashboard, the API and the event stream have to work through each, and no header grants anything. A
# server that is not installed is printed as NOT RUN (Debian: nginx-light, caddy). Usage: scripts/check-proxies.sh. Environment:
# SIM_CLI, a built sim-cli.
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${SIM_CLI:-${CARGO_TARGET_DIR:-target}/release/sim-cli}
PATH=$PATH:/usr/sbin
export ENGINEERING_API_KEY=check-proxies-key
work=$(mktemp -d)
processes=()
stop() {
    for process in "${processes[@]}"; do kill "$process" 2>/dev/null || true; done
    wait
    rm -rf "$work"
}
trap stop EXIT
has() { command -v "$1" >/dev/null; }
if [ ! -x "$binary" ]; then
    echo "proxies: NOT RUN, there is no $binary"
    exit 0
fi
if ! has nginx && ! has caddy; then
    echo "proxies: NOT RUN, nginx and caddy are not installed"
    exit 0
fi

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# Waits until a command succeeds, at most so many seconds.
within() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        if [ "$SECONDS" -ge "$until" ]; then return 1; fi
        sleep 0.1
    done
}
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$work/key.pem" -out "$work/certificate.pem" 2>/dev/null

"$binary" gateway --listen 127.0.0.1:0 --data "$work/gateway" --clock readings >"$work/out" 2>"$work/log" &
processes+=($!)
within 60 grep -q Listening "$work/out" || { cat "$work/log"; exit 1; }
gateway=$(sed 's/Listening on http:..//' "$work/out")

timestamp=1730448000
failed=()
finding() {
    printf 'proxies: %s: FAILED, %s\n' "$name" "$1"
    failed+=("$name")
}
ask() { curl -s --cacert "$work/certificate.pem" "$@"; }
status() { ask -o /dev/null -w '%{http_code}' "$@"; }
expect() {
    local what=$1 expected=$2 found
    shift 2
    found=$(status "$@") || true
    [ "$found" = "$expected" ] || finding "$what: status $found, not $expected"
}
signed() { "$binary" sign --meter ENG_001 --timestamp "$1" --generated 6.2 --consumed 4.1; }
# What works through the proxy at an address, which ends with a slash.
through() {
    name=$1
    local url=$2 before=${#failed[@]} stream=$work/stream started
    local key=(-H "Authorization: Bearer $ENGINEERING_API_KEY")
    ask "$url" >"$work/page" || true
    grep -qi '<!doctype html' "$work/page" || finding "the dashboard does not come"
    if grep -oE '(src|href)="/[^"]*"' "$work/page"; then finding "the dashboard loads from the root of the host"; fi
    ask -D - -o /dev/null "$url" | grep -qi '^content-security-policy:' || finding "the page's policy is lost"
    expect docs 200 "${url}docs/"
    expect openapi.json 200 "${url}openapi.json"
    ask "${url}docs/swagger-initializer.js" | grep -q '"\.\./openapi.json"' || finding "/docs/ looks for its description elsewhere"
    for path in meter-summary intervals market; do expect "$path" 200 "${key[@]}" "${url}api/engineering/$path"; done
    expect "no key" 401 "${url}api/engineering/meter-summary"
    for header in "X-Forwarded-For: 127.0.0.1" "X-Real-IP: 127.0.0.1" "Forwarded: for=127.0.0.1" "X-Forwarded-Host: localhost" \
        "X-Forwarded-User: admin" "X-Forwarded-Proto: https" "X-Engineering-Authority: true"; do
        expect "only $header" 401 -H "$header" "${url}api/engineering/meter-summary"
    done
    head -c 2000000 /dev/zero | tr '\0' ' ' >"$work/large"
    expect "2 MB" 413 "${key[@]}" --data-binary "@$work/large" "${url}api/engineering/meter-readings"

    ask -N --max-time 40 "${key[@]}" "${url}events" >"$stream" &
    local listener=$!
    processes+=("$listener")
    within 3 grep -q '^: connected' "$stream" || finding "the event stream says nothing within 3 s"
    timestamp=$((timestamp + 900))
    started=$SECONDS
    signed $timestamp >"$work/reading"
    expect "a reading" 200 "${key[@]}" --data-binary "@$work/reading" "${url}api/engineering/meter-reading"
    within 3 grep -q "\"timestamp\":$timestamp" "$stream" || finding "no event of a reading within 3 s"
    within $((15 - (SECONDS - started))) grep -qx ':' "$stream" || finding "no heartbeat within 15 s"
    kill "$listener" 2>/dev/null || true
    [ "${#failed[@]}" != "$before" ] || printf 'proxies: %s: ok\n' "$name"
}

if has nginx; then
    plain=$(port) secure=$(port) redirect=$(port)
    mkdir -p "$work/nginx"
    sed -e "s|listen 443 ssl|listen 127.0.0.1:$secure ssl|" -e "s|listen 80|listen 127.0.0.1:$redirect|" \
        -e "s|/etc/ssl/campus-energy/fullchain.pem|$work/certificate.pem|" -e "s|/etc/ssl/campus-energy/privkey.pem|$work/key.pem|" \
        -e "s|campus.example|localhost|" -e "s|127.0.0.1:8080|$gateway|" deploy/proxy/nginx.conf >"$work/nginx/site.conf"
    {
        # As root it would give its files to another user, who may not see this folder.
        [ "$(id -u)" != 0 ] || echo "user root;"
        echo "daemon off; pid $work/nginx/pid; error_log $work/nginx/error.log; events {}"
        echo "http { access_log off; include $work/nginx/site.conf;"
        for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path $work/nginx/$kind;"; done
        echo "server { listen 127.0.0.1:$plain; location / { proxy_pass http://$gateway; } } }"
    } >"$work/nginx/nginx.conf"
    nginx -p "$work/nginx" -c "$work/nginx/nginx.conf" -e "$work/nginx/error.log" 2>"$work/nginx/stderr" &
    processes+=($!)
    within 10 status "https://localhost:$secure/" >/dev/null || cat "$work/nginx/stderr" "$work/nginx/error.log"
    through "nginx, bare proxy_pass" "http://localhost:$plain/"
    through "nginx, deploy/proxy/nginx.conf" "https://localhost:$secure/grid/"
    expect "a path without a slash" 301 "https://localhost:$secure/grid"
    expect "without TLS" 308 "http://localhost:$redirect/grid/"
else
    echo "proxies: nginx: NOT RUN, it is not installed"
fi
if has caddy; then
    secure=$(port)
    mkdir -p "$work/caddy"
    {
        printf '{\n\tadmin off\n\tauto_https disable_redirects\n}\n'
        cat deploy/proxy/Caddyfile
    } >"$work/caddy/Caddyfile"
    CAMPUS_SITE=https://localhost:$secure CAMPUS_TLS="tls $work/certificate.pem $work/key.pem" CAMPUS_GATEWAY=$gateway HOME=$work/caddy \
        XDG_DATA_HOME=$work/caddy XDG_CONFIG_HOME=$work/caddy caddy run --adapter caddyfile --config "$work/caddy/Caddyfile" 2>"$work/caddy/log" &
    processes+=($!)
    within 10 status "https://localhost:$secure/" >/dev/null || cat "$work/caddy/log"
    through "caddy, deploy/proxy/Caddyfile" "https://localhost:$secure/grid/"
    expect "a path without a slash" 302 "https://localhost:$secure/grid"
else
    echo "proxies: caddy: NOT RUN, it is not installed"
fi
if [ ${#failed[@]} -gt 0 ]; then exit 1; fi
