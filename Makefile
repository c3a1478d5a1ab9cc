# The front door. `make help` lists what there is; every target does its own set-up.

CARGO ?= cargo
PYTHON ?= python3
TARGET_DIR := $(or $(CARGO_TARGET_DIR),target)

ifeq ($(shell uname -s),Darwin)
ENGINE := libacrida_engine.dylib
else
ENGINE := libacrida_engine.so
endif

PACKAGE := worker/python
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)
# Locust 2.47 wants Python 3.11; on 3.10 the tests that need it say that they were left out.
HAS_LOCUST := $(shell $(PYTHON) -c 'import sys; print("yes" if sys.version_info >= (3, 11) else "")' 2>/dev/null)
ifeq ($(HAS_LOCUST),yes)
LOCUST_VENV := .venv-locust/.stamp
else
export ACRIDA_TESTS_WITHOUT_LOCUST := 1
endif
# The tests of the page want a browser. tests/browser finds it in the same way.
BROWSER := $(shell for name in $(or $(ACRIDA_CHROMIUM),chromium chromium-browser google-chrome google-chrome-stable); do \
  command -v "$$name" && break; done)

.PHONY: help build demo test lint bench clean

help:
	@echo "make demo    build everything and run a 20 s load test against a local server"
	@echo "make test    every test: Rust, Python, end to end, the page in a browser"
	@echo "make lint    formatting, clippy, ruff, mypy"
	@echo "make bench   requests per CPU-second beside wrk and Locust; memory; exactness"
	@echo "make build   release binaries in $(TARGET_DIR)/release and the Python engine"
	@echo "make clean   remove what the others made"

build: .venv/.stamp
	$(CARGO) build --release --workspace
	@cp $(TARGET_DIR)/release/$(ENGINE) $(PACKAGE)/acrida/_engine.abi3.so.new
	@mv $(PACKAGE)/acrida/_engine.abi3.so.new $(PACKAGE)/acrida/_engine.abi3.so
	@.venv/bin/python -m compileall -q $(PACKAGE)/acrida $(PACKAGE)/locust

demo: build
	@BIN=$(TARGET_DIR)/release deploy/demo.sh

# The tests use a profile that builds faster, with its own copy of the Python package beside the binaries, so that
# testing does not leave a slower engine behind.
CI_DIR := $(TARGET_DIR)/ci
test: .venv/.stamp .venv-ui/.stamp $(LOCUST_VENV)
	@[ -n "$(ACRIDA_TESTS_WITHOUT_BROWSER)$(BROWSER)" ] || { echo "the tests of the page need Chromium: install it \
	(Debian: apt-get install chromium), name it in ACRIDA_CHROMIUM, or leave them out by ACRIDA_TESTS_WITHOUT_BROWSER=1" >&2; \
	exit 1; }
	$(CARGO) build --profile ci --workspace
	@rm -rf $(CI_DIR)/python && mkdir -p $(CI_DIR)/python
	@cp -R $(PACKAGE)/acrida $(PACKAGE)/locust $(CI_DIR)/python/
	@cp $(CI_DIR)/$(ENGINE) $(CI_DIR)/python/acrida/_engine.abi3.so.new
	@mv $(CI_DIR)/python/acrida/_engine.abi3.so.new $(CI_DIR)/python/acrida/_engine.abi3.so
	@.venv/bin/python -m compileall -q $(CI_DIR)/python
	@status=0; \
	.venv/bin/pytest -o pythonpath=$(abspath $(CI_DIR))/python $(PACKAGE)/tests || status=1; \
	if [ -d tests/api ]; then \
	  ACRIDA_BIN_DIR=$(abspath $(CI_DIR)) .venv-ui/bin/pytest tests/api || status=1; \
	fi; \
	if [ -n "$(ACRIDA_TESTS_WITHOUT_BROWSER)" ]; then \
	  echo "ACRIDA_TESTS_WITHOUT_BROWSER is set: the tests of the page are left out"; \
	else \
	  ACRIDA_BIN_DIR=$(abspath $(CI_DIR)) .venv-ui/bin/pytest tests/browser || status=1; \
	fi; \
	if [ -n "$(NEXTEST)" ]; then \
	  $(CARGO) nextest run --workspace --cargo-profile ci --no-fail-fast || status=1; \
	else \
	  $(CARGO) test --workspace --profile ci --no-fail-fast || status=1; \
	fi; \
	exit $$status

lint: .venv/.stamp .venv-ui/.stamp
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	.venv/bin/ruff check --config $(PACKAGE)/pyproject.toml $(PACKAGE) bench tests/browser tests/api
	.venv/bin/ruff check --isolated --line-length 110 --select E,F,W,I examples tests/locustfiles tests/browser/locustfiles
	cd $(PACKAGE) && ../../.venv/bin/mypy
	MYPYPATH=$(PACKAGE) .venv/bin/mypy --strict --config-file $(PACKAGE)/pyproject.toml examples
	.venv/bin/mypy --strict --python-executable .venv-ui/bin/python --exclude locustfiles tests/browser
	.venv/bin/mypy --strict --python-executable .venv-ui/bin/python tests/api

bench: build $(LOCUST_VENV)
	@$(PYTHON) bench/run.py --bin $(TARGET_DIR)/release --out $(TARGET_DIR)/bench $(BENCH_ARGS)

.venv/.stamp: $(PACKAGE)/requirements.txt $(PACKAGE)/requirements-dev.txt
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check -r $(PACKAGE)/requirements-dev.txt
	@touch $@

.venv-locust/.stamp: tests/requirements-locust.txt
	$(PYTHON) -m venv .venv-locust
	.venv-locust/bin/pip install --quiet --disable-pip-version-check -r tests/requirements-locust.txt
	@touch $@

.venv-ui/.stamp: tests/requirements-ui.txt
	$(PYTHON) -m venv .venv-ui
	.venv-ui/bin/pip install --quiet --disable-pip-version-check -r tests/requirements-ui.txt
	@touch $@

clean:
	rm -rf $(TARGET_DIR) .venv .venv-locust .venv-ui
	rm -f $(PACKAGE)/acrida/_engine.abi3.so
	find $(PACKAGE) tests examples bench -name __pycache__ -type d -prune -exec rm -rf {} +
