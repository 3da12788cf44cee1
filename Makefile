# Everything a person needs: run, test, lint, install. Each target installs the Debian packages it lacks.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run flask test test-flask check lint build bench soak sanitize fuzz pictures install install-files setup setup-test setup-debian proto setup-bench setup-soak

# What the program is given: make run ARGS="replay FILE.har"
ARGS ?=
ONLY ?=
PREFIX ?= /usr/local
PYTHON := .build/python
# The Flask versions that the extension is tested with, each in an environment of its own.
FLASK_VERSIONS := 2.0.3 2.3.3 3.1.3
FLASK_READY := $(FLASK_VERSIONS:%=.build/flask-%/ready)
FLASK := .build/flask
NGINX := .build/nginx/usr/sbin/nginx
CONFIGURATION ?= release

BUILD_PACKAGES := libncurses-dev libsqlite3-dev zlib1g-dev
# util-linux has setpriv, by which a test that runs as root becomes a user without capabilities.
TEST_PACKAGES := $(BUILD_PACKAGES) tmux wrk curl util-linux python3-venv
BENCH_PACKAGES := $(TEST_PACKAGES)
# Slow clients, and a clock that can be set for one program.
SOAK_PACKAGES := $(BUILD_PACKAGES) slowhttptest faketime
# How long the soak runs and how long each fuzzer looks, in seconds; which sanitizers.
SOAK_SECONDS ?= 540
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= http traffic logs requests recording filter json redaction otlp spans frame screens keys commands
SANITIZERS ?= address thread
# On a terminal the compiler is told to colour, off it not; as the flag is a part of each command, everything would be
# built anew whenever one follows the other.
STEADY := --no-color-diagnostics
SOURCES := Package.swift Sources Tests demo-apps Benchmarks/Package.swift Benchmarks/Sources

# $(1): the Debian packages that are needed. Says what it does, and in one sentence what a person has to do where it
# cannot.
define need_packages
missing=""; \
for package in $(1); do \
    status=$$(dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null || true); \
    [[ "$$status" == "install ok installed" ]] || missing="$$missing $$package"; \
done; \
if [[ -n "$$missing" ]]; then \
    command -v apt-get >/dev/null || { echo "Needed, and no apt-get here to install it:$$missing. Install what your system calls these, then run make again." >&2; exit 1; }; \
    root=""; \
    if [[ $$(id -u) -ne 0 ]]; then \
        command -v sudo >/dev/null || { echo "Needed:$$missing. Run as root: apt-get install$$missing" >&2; exit 1; }; \
        root=sudo; \
    fi; \
    echo "Installing$$missing"; \
    { $$root apt-get update -qq && $$root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; } >/dev/null \
        || { echo "These packages could not be installed:$$missing. Install them by hand, then run make again." >&2; exit 1; }; \
fi
endef

define need_swift
command -v swift >/dev/null || { echo "Swift is missing: install Swift 6.2 or later from swift.org, then run make again." >&2; exit 1; }; \
version=$$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1); \
if [[ "$$(printf '%s\n6.2\n' "$$version" | sort -V | head -n 1)" != "6.2" ]]; then \
    echo "Swift $${version:-of an unknown version} is too old: install Swift 6.2 or later, then run make again." >&2; exit 1; \
fi
endef

help:
	@echo 'make run [ARGS="replay FILE.har"]   open the dashboard (builds first; the first build takes minutes)'
	@echo 'make flask                          the same on two real Flasks beside our own app, under the same traffic'
	@echo 'make test                           lint, build without warnings, test'
	@echo 'make check                          make test, then the terminal tests with the release build: before a release'
	@echo 'make lint                           check the layout of the sources'
	@echo 'make bench [ONLY=hello]             measure, as ratios to peers within one run'
	@echo 'make soak [SOAK_SECONDS=540]        run the program under everything that goes wrong, and compare its counts'
	@echo 'make sanitize                       the tests under the address and the thread sanitizer'
	@echo 'make fuzz [FUZZ_SECONDS=60]         parsers, painter and whole commands under libFuzzer, each for so long'
	@echo 'make pictures                       take the pictures of the documents anew'
	@echo 'make install [PREFIX=/usr/local]    install the command and its traffic files'

setup:
	@$(need_swift)
	@$(call need_packages,$(BUILD_PACKAGES))

setup-test: setup-debian $(PYTHON)/ready $(NGINX) $(FLASK_READY)

setup-debian:
	@$(need_swift)
	@$(call need_packages,$(TEST_PACKAGES))

# Real servers in Python, and the standard's own messages: what the tests compare with.
$(PYTHON)/ready: Tests/Peers/requirements.txt | setup-debian
	@echo "Setting up Python for the tests"
	@python3 -m venv $(PYTHON)
	@$(PYTHON)/bin/pip install -q --disable-pip-version-check -r Tests/Peers/requirements.txt
	@touch $@

$(FLASK_READY): .build/flask-%/ready: Extensions/flask/tests/requirements-flask-%.txt | setup-debian
	@echo "Setting up Flask $* for the tests"
	@python3 -m venv .build/flask-$*
	@.build/flask-$*/bin/pip install -q --disable-pip-version-check -r $<
	@touch $@

# Unpacked and not installed: installed, it would be started as a service of this machine.
$(NGINX): | setup-debian
	@echo "Fetching nginx for the tests"
	@mkdir -p .build/nginx && cd .build/nginx; root=""; [[ $$(id -u) -eq 0 ]] || root=sudo; \
	{ apt-get download -qq nginx 2>/dev/null || { $$root apt-get update -qq && apt-get download -qq nginx 2>/dev/null; }; } \
	    && dpkg -x nginx_*.deb . \
	    || { echo "nginx could not be fetched: run apt-get update as root, then make again." >&2; exit 1; }
	@touch $@

# Writes the Swift of Sources/OTLPMessages anew, after a change of its otlp.proto.
proto: setup
	@$(call need_packages,protobuf-compiler)
	@swift package resolve
	@swift build --package-path .build/checkouts/swift-protobuf --scratch-path .build/protobuf --product protoc-gen-swift $(STEADY)
	@protoc --plugin=.build/protobuf/debug/protoc-gen-swift --swift_opt=Visibility=Package \
	    --swift_opt=UseAccessLevelOnImports=true --swift_out=Sources/OTLPMessages -ISources/OTLPMessages otlp.proto

build: setup
	@[[ -x .build/$(CONFIGURATION)/inspector ]] || echo "Building inspector with its dependencies, once: about five minutes."
	@swift build -c $(CONFIGURATION) --product inspector $(STEADY)

run: build
	@exec .build/$(CONFIGURATION)/inspector $(ARGS)

# Two gunicorns with the demo app in real Flask, sync and async, the API that they call, and the dashboard on both and on
# our own app: r replays the morning to all three.
flask: build $(FLASK)/ready
	@exec demo-apps/flask/start .build/$(CONFIGURATION)/inspector $(FLASK) $(ARGS)

$(FLASK)/ready: demo-apps/flask/requirements.txt
	@$(call need_packages,python3-venv)
	@echo "Setting up Python for the Flask demo"
	@python3 -m venv $(FLASK)
	@$(FLASK)/bin/pip install -q --disable-pip-version-check -r demo-apps/flask/requirements.txt
	@touch $@

lint: setup
	@swift format lint --strict --recursive $(SOURCES)

test: setup-test lint test-flask
	@swift build --build-tests $(STEADY)
	@swift test --skip-build $(STEADY)

# The Flask extension's own tests, with each Flask.
test-flask: setup-test
	@for version in $(FLASK_VERSIONS); do \
	    echo "The Flask extension with Flask $$version."; \
	    .build/flask-$$version/bin/python -m pytest -q -p no:cacheprovider Extensions/flask/tests; \
	done

# The release build is made anew with all it depends on, which takes as long as everything else; it has found faults that
# the debug build does not have.
check: test
	@echo "The same in a terminal, and as a user without capabilities, with the release build, which is what make run opens."
	@swift build -c release --product inspector $(STEADY)
	@INSPECTOR_PROGRAM="$(CURDIR)/.build/release/inspector" swift test --skip-build \
	    --filter 'TerminalTests|UnprivilegedTests' $(STEADY)

setup-bench: setup-test
	@$(need_swift)
	@$(call need_packages,$(BENCH_PACKAGES))

# A package of its own: what it needs is built apart from the program, so that a frame can be measured without a screen.
# ONLY=frame measures one row.
BENCH := swift build -c release --package-path Benchmarks -Xswiftc -enable-testing $(STEADY)

bench: setup-bench build
	@$(BENCH)
	@Benchmarks/.build/release/benchmarks $(ONLY)

soak: setup-soak
	@$(BENCH)
	@Benchmarks/.build/release/soak $(SOAK_SECONDS)

setup-soak: setup
	@$(call need_packages,$(SOAK_PACKAGES))

# Each in a folder of its own: what was built for one cannot be linked with what was built for another. Tests that run
# the program itself or count time are left to `make test`. Each thread of ours has an alternate signal stack already,
# which the address sanitizer would take for its own and unmap.
sanitize: setup-test
	@for sanitizer in $(SANITIZERS); do \
	    echo "The tests under the $$sanitizer sanitizer."; \
	    mkdir -p .build-$$sanitizer; \
	    ASAN_OPTIONS=detect_leaks=0:use_sigaltstack=0 TSAN_OPTIONS=suppressions=$(CURDIR)/Tests/tsan-suppressions \
	        swift test --sanitize $$sanitizer --scratch-path .build-$$sanitizer --no-parallel \
	        -Xswiftc -DSEEN_MUTEX --filter InspectorCoreTests $(STEADY) 2>&1 | tee .build-$$sanitizer/log; \
	done

# A program of its own, linked with libFuzzer. What it finds is left as a file crash-…; the corpus in the
# repository is what it begins with, and is not changed. The target `commands` runs the release build.
fuzz: setup build
	@FUZZ=1 swift build -c release --package-path Benchmarks --scratch-path Benchmarks/.build-fuzz -Xswiftc -enable-testing \
	    -Xswiftc -sanitize=fuzzer -Xswiftc -use-ld=lld --product fuzz $(STEADY)
	@for target in $(FUZZ_TARGETS); do \
	    echo "Fuzzing $$target for $(FUZZ_SECONDS) s."; \
	    mkdir -p Benchmarks/.build-fuzz/corpus/$$target; \
	    FUZZ_TARGET=$$target INSPECTOR_PROGRAM="$(CURDIR)/.build/$(CONFIGURATION)/inspector" \
	        Benchmarks/.build-fuzz/release/fuzz -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=4096 \
	        -max_len=20000 -verbosity=0 -print_final_stats=1 -artifact_prefix=Benchmarks/.build-fuzz/ \
	        Benchmarks/.build-fuzz/corpus/$$target Benchmarks/corpus/$$target || exit 1; \
	done

# Taken from the program as it runs, so that they are what a user sees.
pictures: setup-test build $(FLASK)/ready
	@docs/pictures/make-pictures .build/$(CONFIGURATION)/inspector

install: build install-files

# Without the build, for packagers and for the test that runs an installed binary.
install-files:
	@install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/inspector/traffic"
	@install -m 755 ".build/$(CONFIGURATION)/inspector" "$(DESTDIR)$(PREFIX)/bin/inspector"
	@install -m 644 demo-apps/traffic/*.har "$(DESTDIR)$(PREFIX)/share/inspector/traffic/"
	@echo "Installed $(DESTDIR)$(PREFIX)/bin/inspector"
