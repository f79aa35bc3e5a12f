.DEFAULT_GOAL := help
.PHONY: help run demo up down build test test-compose lint fmt audit bench bench-services bench-sources clean-test cargo-deny

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Build and start everything in one process
	cargo run --release -p anyhook -- up

demo: ## Send a webhook through AnyHook to a slow handler and watch it arrive
	cargo run --release -p anyhook -- demo

up: ## Start all services in containers, for many tenants
	scripts/up $(UP_ARGS)

down: ## Stop what `make up` started; the data stays
	scripts/down $(DOWN_ARGS)

build: ## Build the anyhook binary, for release
	cargo build --release -p anyhook

test: ## Set up what the tests need and run all of them
	scripts/test $(TEST_ARGS)

test-compose: ## Start the services in containers, send webhooks through them, remove them (needs Docker)
	scripts/test-compose $(TEST_ARGS)

lint: cargo-deny ## Check format, lints, licences and banned dependencies
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo deny check bans licenses sources

fmt: ## Format the code
	cargo fmt --all

audit: cargo-deny ## Check the dependencies against known vulnerabilities (needs the network)
	cargo deny check advisories

bench: ## Run the benchmarks (BENCH_ARGS="...")
	cargo run --release -p anyhook-bench --bin bench -- $(BENCH_ARGS)

bench-services: ## Run them on services as processes, with servers of their own (BENCH_ARGS="...")
	scripts/bench $(BENCH_ARGS)

bench-sources: ## Measure what verifying and sealing a request costs, for every source
	cargo bench -p anyhook-bench --bench sources -- --noplot $(BENCH_ARGS)

clean-test: ## Stop and remove what killed test runs left behind
	scripts/clean-test

cargo-deny:
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny
