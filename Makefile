# firstclick: `make demo` shows it, `make test` checks it. Both install what is missing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help deps build demo test bench format lint clean

# The C libraries and the server; Swift itself comes from https://swift.org/install.
PACKAGES := librdkafka-dev libpq-dev libcurl4-openssl-dev postgresql pkg-config
SOURCES := Package.swift Sources Tests generator sql
DEMO := .firstclick/demo

help: ## What there is to make.
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 14

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

build: deps ## Build the programs, optimized.
	@swift build -c release

demo: build ## Generate 1.2 million events, attribute them, query and verify the answers.
	@bin=$$(swift build -c release --show-bin-path)
	if [ -d $(DEMO) ]; then (cd $(DEMO) && "$$bin/stream-job" stop); rm -rf $(DEMO); fi
	mkdir -p $(DEMO) && cd $(DEMO)
	trap '"$$bin/stream-job" stop' EXIT
	steps=()
	step() {
	  local name=$$1 start=$$EPOCHREALTIME; shift
	  printf '\n\033[1m%s\033[0m  $$ %s\n' "$$name" "$${*##*/bin/}"
	  PATH="$$bin:$$PATH" "$$@"
	  steps+=("$$(printf '%-12s %6.2f s' "$$name" "$$(bc -l <<< "$$EPOCHREALTIME - $$start")")")
	}
	step Database stream-job migrate
	printf '\n\033[1mTimes\033[0m\n'
	printf '  %s\n' "$${steps[@]}"

test: deps ## Run every test, those with a PostgreSQL server included.
	@swift build --build-tests
	swift test --skip-build

bench: deps ## Measure rates beside their limits.
	@swift run -c release benchmarks

format: ## Lay the sources out.
	@swift format -i -r -p $(SOURCES)

lint: ## Check the layout and the rules of .swift-format.
	@swift format lint --strict -r -p $(SOURCES)

clean: ## Remove what was built, and what the programs made here.
	@if [ -x .build/release/stream-job ]; then .build/release/stream-job stop; fi
	rm -rf .build .firstclick
