# gcx: every target sets up what it needs, so that any of them works first in a fresh clone.
PREFIX ?= /usr/local
DESTDIR ?=
SWIFT ?= swift
SOURCES = Sources Probes Tests Package.swift
RELEASE = .build/release
PROGRAMS = gcx gcx-supervisor gcx-helper gcx-probe gcx-unpack
# Tests that hold a processor or a thread for long, and tests that wait for what has a deadline, run by themselves: beside the
# others, one or the other would starve.
ALONE = GCXAgentTests GCXHardwareTests APITests GCXSandboxTests GCXBenchmarkTests Integration
# The tests of the rules reach into the modules, also where these are built for speed.
SIMULATE = -c release --scratch-path .build-simulate -Xswiftc -enable-testing

.DEFAULT_GOAL := help
.PHONY: help setup setup-test build check test installed integration simulate kills demo bench bench-reference bench-jobs bench-reach fuzz vm docs install clean

help: ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

setup: ## Install the Debian packages that gcx needs (what is missing, as root or with sudo)
	@.ci/setup build

setup-test: ## Install what all tests need besides
	@.ci/setup test

build: setup ## Build the programs for use
	$(SWIFT) build -c release --product gcx
	$(SWIFT) build -c release --product gcx-supervisor
	$(SWIFT) build -c release --product gcx-helper
	$(SWIFT) build -c release --product gcx-probe
	$(SWIFT) build -c release --product gcx-unpack

check: setup-test ## Look at the layout of the code and at the units
	swift format lint --strict --recursive $(SOURCES)
	.ci/check-units

test: setup-test ## Build and run every test that this machine can run
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build $(ALONE:%=--skip '^%\.')
	@set -e; for module in $(ALONE); do \
		echo "$(SWIFT) test --skip-build --filter ^$$module"; \
		$(SWIFT) test --skip-build --filter "^$$module\."; \
	done
	$(MAKE) installed vm SWIFT="$(SWIFT)"

installed: build ## Install the programs that were built for use into a folder of their own, and use them from there
	.ci/check-installed $(RELEASE)

integration: setup-test ## Run the integration tests only
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --filter '^Integration\.'

simulate: setup ## Play people who may do anything, GCX_SEEDS times (10000; minutes; GCX_SEED is the first of them)
	GCX_ONLY=Simulation $(SWIFT) build $(SIMULATE) --build-tests
	GCX_ONLY=Simulation GCX_SEEDS=$${GCX_SEEDS:-10000} $(SWIFT) test $(SIMULATE) --skip-build --filter '^Simulation\.'

kills: setup-test ## Kill supervisors, runtimes, jobs and agents at GCX_KILLS moments each (minutes; GCX_SEED repeats a run)
	$(SWIFT) build --build-tests
	@# One after the other: both look over the whole machine.
	GCX_KILLS=$${GCX_KILLS:-200} $(SWIFT) test --skip-build --filter '^GCXSandboxTests\..*Kill'
	GCX_KILLS=$${GCX_KILLS:-200} $(SWIFT) test --skip-build --filter '^Integration\..*Kill'

demo: build ## Measure, offer, lease, use, pay: the whole loop on this machine
	$(RELEASE)/gcx demo

bench: build ## Measure this machine
	$(RELEASE)/gcx bench

bench-reference: build ## Hold each figure against the reference tool of its axis (minutes; installs the tools)
	@.ci/setup reference
	Tests/Benchmarks/reference.py --probe $(RELEASE)/gcx-probe

bench-jobs: build ## What jobs cost: starts beside the runtime alone, many at once, logs beside cat and of 10 GiB (as root; minutes)
	$(SWIFT) build -c release --product job-bench
	$(RELEASE)/job-bench
	Tests/Benchmarks/jobs-log.py --gcx $(RELEASE)/gcx

bench-reach: build ## What reaching costs beside openssl and the bare network: transfers, handshakes, logs, starts, idle machines (as root; minutes)
	@.ci/setup reach
	$(SWIFT) build -c release --product reach-bench
	Tests/Benchmarks/reach.py --gcx $(RELEASE)/gcx --bench $(RELEASE)/reach-bench

fuzz: setup ## Look for bytes that end a reader of them (FUZZ_SECONDS in all, 600; Tests/Fuzz/README.md)
	Tests/Fuzz/run

vm: setup-test build ## Run gcx, built for use, installed under systemd and pure cgroup v2 in a virtual machine
	$(SWIFT) build -c release --product gcx-attack
	Tests/VM/run $(RELEASE)

docs: setup ## Render articles and doc comments as a site in .build/docs, with every link checked
	SWIFT="$(SWIFT)" .ci/docs

install: ## Install below DESTDIR/PREFIX; a configuration that is there is kept
	$(MAKE) build SWIFT="$(SWIFT)"
	.ci/install "$(DESTDIR)" "$(PREFIX)" $(RELEASE)

clean: ## Remove what was built
	rm -rf .build .build-*
