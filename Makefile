# Everything a person needs: run, test, lint, install. Each target installs the Debian packages it lacks.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test lint build bench pictures install install-files setup setup-test

# What the program is given: make run ARGS="replay FILE.har"
ARGS ?=
ONLY ?=
PREFIX ?= /usr/local
CONFIGURATION ?= release

BUILD_PACKAGES := libncurses-dev libsqlite3-dev zlib1g-dev
TEST_PACKAGES := $(BUILD_PACKAGES) tmux wrk
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
	@echo 'make test                           lint, build without warnings, test'
	@echo 'make lint                           check the layout of the sources'
	@echo 'make bench [ONLY=frame]             measure, as ratios within one run'
	@echo 'make pictures                       take the pictures of the documents anew'
	@echo 'make install [PREFIX=/usr/local]    install the command and its traffic files'

setup:
	@$(need_swift)
	@$(call need_packages,$(BUILD_PACKAGES))

setup-test:
	@$(need_swift)
	@$(call need_packages,$(TEST_PACKAGES))

build: setup
	@[[ -x .build/$(CONFIGURATION)/inspector ]] || echo "Building inspector with its dependencies, once: about five minutes."
	@swift build -c $(CONFIGURATION) --product inspector $(STEADY)

run: build
	@exec .build/$(CONFIGURATION)/inspector $(ARGS)

lint: setup
	@swift format lint --strict --recursive $(SOURCES)

test: setup-test lint
	@swift build --build-tests $(STEADY)
	@swift test --skip-build $(STEADY)
	@echo "The same in a terminal with the release build, which is what make run opens."
	@swift build -c release --product inspector $(STEADY)
	@INSPECTOR_PROGRAM="$(CURDIR)/.build/release/inspector" swift test --skip-build --filter TerminalTests $(STEADY)

# A package of its own: what it needs is built apart from the program, so that a frame can be measured without a screen.
# ONLY=frame measures one row.
bench: setup
	@swift run -c release --package-path Benchmarks -Xswiftc -enable-testing $(STEADY) benchmarks $(ONLY)

# Taken from the program as it runs, so that they are what a user sees.
pictures: setup-test build
	@docs/pictures/make-pictures .build/$(CONFIGURATION)/inspector

install: build install-files

# Without the build, for packagers and for the test that runs an installed binary.
install-files:
	@install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/inspector/traffic"
	@install -m 755 ".build/$(CONFIGURATION)/inspector" "$(DESTDIR)$(PREFIX)/bin/inspector"
	@install -m 644 demo-apps/traffic/*.har "$(DESTDIR)$(PREFIX)/share/inspector/traffic/"
	@echo "Installed $(DESTDIR)$(PREFIX)/bin/inspector"
