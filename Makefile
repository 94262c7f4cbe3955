# make run     build the pages and the program, and serve on http://127.0.0.1:8080 with the sandbox
# make test    every test: SQLite, a throw-away PostgreSQL 15, and the pages in a real browser
# make lint    formatting, clippy, dependencies, types
# make bench   the benches, with a throw-away PostgreSQL 15
# make demo    play one visit through the running service

PROGRAM := target/debug/campus-pass

.PHONY: run test lint bench demo pages tools

run: pages
	cargo run -- serve

pages: web/node_modules/.package-lock.json
	cd web && npm run build

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund

test: tools pages
	cargo nextest run --workspace
	scripts/with-postgres cargo nextest run --test it
	cargo build
	cd web && ../scripts/with-service 18080 npm test

lint: tools pages
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo deny --log-level error check bans licenses sources
	cd web && npm run lint

demo:
	$(PROGRAM) demo

tools:
	scripts/tools

bench: pages
	scripts/with-postgres cargo bench
