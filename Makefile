# The README's two commands are `make run` and `make test`. `scripts/prepare` installs what is missing.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.PHONY: help run test bench bench-peers bench-site load lighthouse build prepare check-format lint docs licences units soak drill fuzz sbom deploy rollback teardown

# How fast the world's time passes: `make run SPEED=360` lets six hours pass in a minute.
SPEED ?= 1
# Further options of `quarterday up`, for example ARGS="--port 9000 --fresh".
ARGS ?=

help:
	@printf '%s\n' \
	  'make run    build and start everything on http://localhost:8080' \
	  'make test   format, lint, docs, licences and all tests' \
	  'make build  build all programs' \
	  'make bench  measure every row of the budgets, beside peers where there are any, and print one table; ARGS="--without build"' \
  'make bench-peers  the split and the analyses beside their peers, in full; ARGS="--posts 5000000" goes to the split' \
	  'make bench-site   measure the site with two years of slots at 1,000 requests a second; ARGS="--rate 2000"' \
	  'make load USERS=10000   play that many users on it, who think for 1 to 5 seconds between pages' \
	  'make lighthouse   performance and accessibility on a slow phone; fails below 95' \
  'make soak SEED=1 [SEEDS=100]   a day of four slots while everything is killed, cut off and filled up, a seed at a time' \
	  'make drill [MB=2000]   back up, lose everything, restore; prints how long it took' \
	  'make fuzz [CASES=100000] [SEED=1]   damaged input at every parser that meets the outside' \
	  'make sbom   var/sbom.json: what the programs are made of (CycloneDX)' \
	  'make deploy PROJECT=… PLAN=1   show what a deployment to Google Cloud would change; without PLAN=1, deploy' \
	  'make rollback PROJECT=… VERSION=…, make teardown PROJECT=…   see docs/deploy.md'

prepare:
	@scripts/prepare run

build: prepare
	cargo build --release --locked --workspace --bins

run: build
	exec "$${CARGO_TARGET_DIR:-target}/release/quarterday" up --speed $(SPEED) $(ARGS)

test:
	@scripts/prepare test
	@scripts/api-descriptions
	@scripts/promtool
	$(MAKE) --no-print-directory check-format
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory docs
	$(MAKE) --no-print-directory licences
	$(MAKE) --no-print-directory units

check-format:
	cargo fmt --all --check

lint:
	cargo clippy --locked --workspace --all-targets --all-features -- -D warnings

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --quiet

licences:
	@scripts/licences

# Tests of the whole system start the programs, which this builds with everything else before the first test runs.
units:
	QUARTERDAY_BUILT=1 cargo test --locked --workspace --all-features --no-fail-fast

# Every budget, one after the other, on a machine that should do nothing else; the last row is a clean build with all tests.
# docs/performance.md says which command stands behind which row.
bench: prepare
	cargo build --release --locked --workspace --bins
	@bench/table.py --target "$${CARGO_TARGET_DIR:-target}" $(ARGS)

# Processors 0 to 3 where the system can say so: figures of docs/performance.md are of four.
# The peers come from PyPI into virtual environments; see bench/README.md.
bench-peers: prepare
	cargo build --release --locked -p dataproc-job -p ml-vm
	@bench/ml/run "$${CARGO_TARGET_DIR:-target}"
	$(if $(shell command -v taskset),taskset -c 0-3) "$${CARGO_TARGET_DIR:-target}/release/dataproc-job" bench --peers $(ARGS)

# A day on the real programs in a storm that follows from SEED; SEEDS of them, one after the other. Three are part of
# `make test`. The disk is filled where mounting is allowed. docs/soak.md says what must hold afterwards.
SEED ?= 1
SEEDS ?= 1
soak: prepare
	cargo build --locked --workspace --bins
	QUARTERDAY_BUILT=1 QUARTERDAY_SOAK_SEED=$(SEED) QUARTERDAY_SOAK_SEEDS=$(SEEDS) \
	  cargo test --locked -p tests --test it -- --ignored --nocapture soak::many_days_of_faults

drill: prepare
	cargo build --locked --workspace --bins
	QUARTERDAY_BUILT=1 QUARTERDAY_DRILL_MB=$(or $(MB),0) \
	  cargo test --locked -p tests --test it -- --nocapture drill::

fuzz: prepare
	QUARTERDAY_FUZZ_CASES=$(or $(CASES),100000) QUARTERDAY_FUZZ_SEED=$(SEED) \
	  cargo test --locked -p tests --test it -- --nocapture fuzz::

sbom:
	@mkdir -p var
	@scripts/sbom var/sbom.json

# Google Cloud: docs/deploy.md. PROJECT, PLAN, VERSION, CONFIG, YES and BUILDER go to the scripts as they are.
deploy rollback teardown:
	@PROJECT='$(PROJECT)' PLAN='$(PLAN)' VERSION='$(VERSION)' CONFIG='$(CONFIG)' YES='$(YES)' BUILDER='$(or $(BUILDER),docker)' \
	  deploy/scripts/$@

# The site and its Postgres on processors 0 and 1, the generator on 2 and 3; see docs/scaling.md.
bench-site: prepare
	cargo build --release --locked -p web
	"$${CARGO_TARGET_DIR:-target}/release/web" bench --goal-ms 100 $(ARGS)

# Several numbers of users, separated by commas, are played one after the other.
USERS ?= 1000,5000,10000
load: prepare
	cargo build --release --locked -p web
	ulimit -n $$(ulimit -Hn) && "$${CARGO_TARGET_DIR:-target}/release/web" load --users $(USERS) $(ARGS)

# The pages of a filled site on a slow phone, in Chromium.
lighthouse: prepare
	cargo build --release --locked -p web
	npm --prefix bench/lighthouse ci --silent --no-audit --no-fund
	node bench/lighthouse/measure.mjs --program "$${CARGO_TARGET_DIR:-target}/release/web" \
	  --home "$${CARGO_TARGET_DIR:-target}/bench-site" $(ARGS)
