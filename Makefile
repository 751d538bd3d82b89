# firstclick: `make demo` shows it, `make test` checks it. Both install what is missing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help deps moto build demo test bench bench-batch format lint clean

# The C libraries and the server; Swift itself comes from https://swift.org/install.
PACKAGES := librdkafka-dev libpq-dev libcurl4-openssl-dev libssl-dev zlib1g-dev libzstd-dev postgresql \
  pkg-config
SOURCES := Package.swift Sources Tests generator sql
DEMO := .firstclick/demo
DEMO_EVENTS := 1200000
# Where the programs of the demo are; built if it is not given.
BIN :=
# A job that had failed fails the first one alone, what cannot be stopped the second one too.
STOP := stream-job stop || stream-job stop
# The server that Kinesis is tested with, for this user's checkouts together.
MOTO := moto[server]==5.2.5
MOTO_VENV := $(if $(XDG_CACHE_HOME),$(XDG_CACHE_HOME),$(HOME)/.cache)/firstclick/moto

moto test bench: PACKAGES += python3-venv openssl

help: ## What there is to make.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 21

deps: ## Install the Debian packages that are missing.
	@missing=()
	for package in $(PACKAGES); do
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q 'install ok installed' \
	    || missing+=($$package)
	done
	if [ $${#missing[@]} -gt 0 ]; then
	  command -v apt-get >/dev/null || {
	    echo "make deps: found no apt-get; install by hand what corresponds to: $${missing[*]}" >&2
	    exit 1; }
	  root=(); [ "$$(id -u)" = 0 ] || root=(sudo)
	  [ $${#root[@]} = 0 ] || command -v sudo >/dev/null || {
	    echo "make deps: expected root or sudo; have root run: apt-get install $${missing[*]}" >&2
	    exit 1; }
	  install=("$${root[@]}" env DEBIAN_FRONTEND=noninteractive
	    apt-get install -y --no-install-recommends "$${missing[@]}")
	  # The package lists may be missing or old: refresh them only if it does not work without.
	  "$${install[@]}" || { "$${root[@]}" apt-get update && "$${install[@]}"; }
	fi
	command -v swift >/dev/null || {
	  echo "make deps: found no swift; install 6.3 or newer from https://swift.org/install" >&2
	  exit 1; }

moto: deps ## Install the server that tests and benchmarks of Kinesis talk to.
	@installed=$(MOTO_VENV)/installed
	mkdir -p $(dir $(MOTO_VENV))
	# Another checkout may be installing it: it is there then.
	exec 9>$(MOTO_VENV).lock
	flock 9
	[ "$$(cat $$installed 2>/dev/null)" != '$(MOTO)' ] || exit 0
	rm -rf $(MOTO_VENV)
	python3 -m venv $(MOTO_VENV)
	$(MOTO_VENV)/bin/pip install --quiet --disable-pip-version-check '$(MOTO)' || {
	  echo "make moto: could not install $(MOTO) into $(MOTO_VENV); the tests of Kinesis need it" >&2
	  exit 1; }
	echo '$(MOTO)' > $$installed

build: deps ## Build the programs, optimized.
	@swift build -c release

demo: $(if $(BIN),,build) ## Generate 1.2 million events, attribute them, query and verify the answers.
	@programs='$(BIN)'
	export PATH="$${programs:-$$(swift build -c release --show-bin-path)}:$$PATH"
	cluster=$(DEMO)/.firstclick/postgres
	if [ -d $(DEMO) ]; then
	  (cd $(DEMO); $(STOP))
	  rm -rf "$$(readlink -f $$cluster)" $(DEMO)
	fi
	queries=$$PWD/sql/queries
	mkdir -p $(DEMO)
	cd $(DEMO)
	trap 'stream-job stop' EXIT
	unset $${!FIRSTCLICK_*} DATABASE_URL
	times=()
	step() {
	  local name=$$1 start=$${EPOCHREALTIME/./}
	  shift
	  printf '\n== %s\n$$ %s\n' "$$name" "$$*"
	  "$$@"
	  times+=("$$name" "$$(( ($${EPOCHREALTIME/./} - start) / 1000 ))")
	}
	step 'generate' generator --events $(DEMO_EVENTS) --max-speed --seed 1 --disorder 4m --late 0.005 \
	  --duplicates 0.005 --orphans 0.01 --malformed 0.001
	step 'make a database' stream-job migrate
	step 'attribute' stream-job run --until-end
	export PGOPTIONS='--search_path=ecommerce' PSQLRC=/dev/null PSQL_PAGER=cat
	database=$$(stream-job address)
	step 'revenue by source' psql "$$database" --file="$$queries/01_revenue_by_source.sql"
	step 'first rows' psql "$$database" --command="SELECT checkout_id, checkout_timestamp,\
	 first_click_timestamp, attributed_product_id, traffic_source, revenue, clicks_in_window\
	 FROM attributed_checkouts ORDER BY checkout_timestamp LIMIT 5"
	step 'verify' stream-job verify
	printf '\n== times\n'
	printf '%-20s %6d ms\n' "$${times[@]}"

test: deps moto ## Run every test, those with a PostgreSQL server included.
	@swift build --build-tests
	log=$$(mktemp)
	trap 'rm -f $$log' EXIT
	export SWIFT_BACKTRACE=threads=crashed,registers=none,images=none
	swift test --skip-build 2>&1 | tee $$log || {
	  printf '\n== failed\n'
	  grep -A 3 '^✘' $$log || :
	  # A crash: what was said before it, and where it was.
	  grep -v '^[◇✔]\|^swift-runtime: ' $$log | grep -B 4 -A 30 '^\*\*\* Signal' || :
	  exit 1; }

bench: moto ## Measure rates beside their limits.
	@swift run -c release benchmarks

bench-batch: deps ## Measure the batch paths beside DuckDB and Polars, which are installed from PyPI.
	@python3 benchmarks/attribution.py
	python3 benchmarks/kpis.py

format: ## Lay the sources out.
	@swift format -i -r -p $(SOURCES)

lint: ## Check the layout and the rules of .swift-format.
	@swift format lint --strict -r -p $(SOURCES)

clean: ## Remove what was built, and what the programs made here.
	@export PATH="$$(swift build -c release --show-bin-path):$$PATH"
	for place in . $(DEMO); do
	  cluster=$$place/.firstclick/postgres
	  [ -e $$cluster ] || continue
	  (cd $$place; $(STOP))
	  # As root it may be a link to where the server's user can enter.
	  rm -rf "$$(readlink -f $$cluster)"
	done
	rm -rf .build .firstclick
