.DEFAULT_GOAL := help
UI := crates/dashboard/ui
# What the pages are built from; the API's types come from the snapshot.
UI_SOURCES := $(shell find $(UI)/src $(UI)/public -type f ! -name schema.d.ts) $(UI)/index.html $(UI)/vite.config.ts \
	$(UI)/tsconfig.json $(UI)/scripts/schema.mjs $(UI)/scripts/budget.mjs $(wildcard crates/dashboard/tests/it/snapshots/*contract*.snap)
.PHONY: help run demo up down build test test-compose lint fmt audit bench bench-lists bench-services bench-sources clean-test cargo-deny ui ui-test ui-journeys screenshots pages

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: pages ## Build and start everything in one process
	cargo run --release -p anyhook -- up

demo: ## Send a webhook through AnyHook to a slow handler and watch it arrive
	cargo run --release -p anyhook -- demo

up: ## Start all services in containers, for many tenants
	scripts/up $(UP_ARGS)

down: ## Stop what `make up` started; the data stays
	scripts/down $(DOWN_ARGS)

build: pages ## Build the anyhook binary, for release
	cargo build --release -p anyhook

test: ## Set up what the tests need and run all of them
	scripts/test $(TEST_ARGS)

test-compose: ## Start the services in containers, send webhooks through them, remove them (needs Docker)
	scripts/test-compose $(TEST_ARGS)

ui: $(UI)/dist/index.html ## Build the web dashboard's pages (needs Node.js), which the next build takes in

ui-test: $(UI)/node_modules/.package-lock.json ## Check and test the web dashboard's pages
	cd $(UI) && npm run check && npm test

ui-journeys: ui ## Walk through the pages in a browser, against a built anyhook (UI_ARGS="part of a name")
	cd $(UI) && npm run e2e -- $(UI_ARGS)

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

bench-lists: ## Measure lists and look-ups in a log of 10 million events, on servers of its own (BENCH_ARGS="...")
	scripts/bench lists $(BENCH_ARGS)

bench-sources: ## Measure what verifying and sealing a request costs, for every source
	cargo bench -p anyhook-bench --bench sources -- --noplot $(BENCH_ARGS)

screenshots: ui ## Take pictures of every page into target/screenshots, against a built anyhook (UI_ARGS="part of a name")
	cd $(UI) && npm run screenshots -- $(UI_ARGS)

clean-test: ## Stop and remove what killed test runs left behind
	scripts/clean-test

# Without Node.js the rest is built all the same, and `/` says what is missing.
pages:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory ui; \
	else echo "No Node.js: built without the web dashboard's pages."; fi

$(UI)/dist/index.html: $(UI)/node_modules/.package-lock.json $(UI_SOURCES)
	cd $(UI) && npm run build

$(UI)/node_modules/.package-lock.json: $(UI)/package-lock.json
	cd $(UI) && npm ci --ignore-scripts
	@touch $@

cargo-deny:
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny
