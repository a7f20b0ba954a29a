# What CI calls, and people too.
.PHONY: run test model test-sbf format lint programs web web-check bench deny openapi soak validator bench-validator deploy walk attack findings

RELEASE = $(abspath $(or $(CARGO_TARGET_DIR),target))/release

# One simulated day on the embedded ledger: the README's first command, which compiles no more than that needs.
run:
	cargo run --release --locked -p sim-cli --no-default-features -- --out $(or $(OUT),out)

# Everything, the programs as native processors.
test:
	cargo test --workspace --locked

# The adversary: every attack on the bytecode, the short random walk and fuzzing, the model of exactly-once, gateways killed. Rewrites the
# figures in SECURITY.md.
attack:
	scripts/attack.sh

# Each finding of issue 15: its attack succeeds on the commit before the issue and no longer does. Prints a table; some minutes.
findings:
	scripts/findings.sh

# The model of exactly-once with larger bounds, some minutes (docs/exactly-once.md).
model:
	cargo test --workspace --locked --config 'profile.dev.package.campus-energy-tests.opt-level=2' --test exactly_once_model -- --include-ignored --nocapture --test-threads 1

# The suite again, the programs as bytecode in solana-program-test: what `cargo test-sbf` does.
test-sbf:
	SBF_OUT_DIR=$(CURDIR)/sdk/programs cargo test --locked --workspace --test registry --test token --test oracle --test trading --test signatures \
		--test market_orders --test market_funds --test market_seats --test market_clearing

format:
	cargo fmt --all --check

# Everything, and the small build of the README's first command.
lint:
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --locked -p sim-cli --no-default-features -- -D warnings

# Builds sdk/programs/*.so after a change of the programs or the sdk.
programs:
	scripts/build-programs.sh

# Builds sim-cli/web/dist after a change of the web pages (docs/dashboard.md); wants node and npm.
web:
	scripts/check-web.sh --build

# Whether the committed pages are what their sources give, byte for byte; types and style too. Skipped with a word where node is not to be had.
web-check:
	@scripts/check-web.sh

# Rewrites the compute table; prints how fast a run is.
bench:
	cargo bench --locked -p campus-energy-tests

# Licences, sources and bans of the dependency tree; skipped with a word where cargo-deny is not installed.
deny:
	@if command -v cargo-deny >/dev/null; then cargo deny --locked check licenses bans sources; \
	else echo "deny: NOT RUN, cargo-deny is not installed (cargo install cargo-deny)"; fi

# Whether the gateway answers as it describes itself; skipped with a word where python3 or PyPI is not to be had.
openapi:
	@if python3 -c 'import venv, ensurepip' 2>/dev/null; then cargo build --release --locked -p sim-cli && scripts/check-openapi.sh; \
	else echo "openapi: NOT RUN, python3 with venv is not installed"; fi

# A gateway's memory and descriptors over half an hour.
soak:
	cargo build --release --locked -p sim-cli && scripts/soak-gateway.sh

# The end-to-end suite on a real solana-test-validator with the real command lines, some minutes; skipped with a word where they have not been
# built (scripts/install-validator.sh).
validator:
	@if scripts/install-validator.sh --check >/dev/null 2>&1; then cargo build --release --locked -p sim-cli && \
	SIM_CLI=$(RELEASE)/sim-cli cargo test --locked --workspace --test 'validator_*' -- --ignored --nocapture --test-threads 1; \
	else echo "validator: NOT RUN, solana-test-validator is not built; scripts/install-validator.sh builds it, half an hour (CI with CAMPUS_ENERGY_BUILD_VALIDATOR=1)"; fi

# What a validator takes, and what it costs: prints tables.
bench-validator:
	cargo build --release --locked -p sim-cli
	SIM_CLI=$(RELEASE)/sim-cli cargo bench --locked -p campus-energy-tests --bench validator

# Lints deploy/ and the scripts; what cannot be run here says so.
deploy:
	cargo build --release --locked -p sim-cli && scripts/check-deploy.sh && scripts/check-proxies.sh

# A random walk of a million steps over the whole system against a reference, from the bytecode: some half an hour on two
# processors. WALK_STEPS and WALK_SEED choose another.
walk:
	WALK_STEPS=$(or $(WALK_STEPS),1000000) cargo test --locked --workspace --test random_walk -- --nocapture
