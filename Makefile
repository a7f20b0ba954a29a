# What CI calls, and people too.
.PHONY: run test test-sbf format lint programs bench deny

# One simulated day on the embedded ledger.
run:
	cargo run --release --locked -p sim-cli -- --out $(or $(OUT),out)

# Everything, the programs as native processors.
test:
	cargo test --workspace --locked

# The suite again, the programs as bytecode in solana-program-test: what `cargo test-sbf` does.
test-sbf:
	SBF_OUT_DIR=$(CURDIR)/sdk/programs cargo test --locked --workspace --test registry --test token --test oracle --test trading --test signatures \
		--test market_orders --test market_funds --test market_seats --test market_clearing

format:
	cargo fmt --all --check

lint:
	cargo clippy --workspace --all-targets --locked -- -D warnings

# Builds sdk/programs/*.so after a change of the programs or the sdk.
programs:
	scripts/build-programs.sh

# Rewrites the compute table; prints how fast a run is.
bench:
	cargo bench --locked -p campus-energy-tests

# Licences, sources and bans of the dependency tree; skipped with a word where cargo-deny is not installed.
deny:
	@if command -v cargo-deny >/dev/null; then cargo deny --locked check licenses bans sources; \
	else echo "deny: NOT RUN, cargo-deny is not installed (cargo install cargo-deny)"; fi
