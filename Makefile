# Needs Python 3.11 or newer, make and a package index; everything else comes from the locks.
SHELL := /bin/sh
PORT ?= 8000
HOST ?= 127.0.0.1
WORKERS ?= 2
PYTEST_ARGS ?=
FAULTS ?=
# Enough for Django to start where no service does: lint and types touch none.
OFFLINE := env DATABASE_URL=postgres://nobody:none@127.0.0.1:1/none MIGRATION_DATABASE_URL=postgres://nobody:none@127.0.0.1:1/none \
	REDIS_URL=redis://127.0.0.1:1/0 S3_ENDPOINT_URL=http://127.0.0.1:1 S3_ACCESS_KEY=none S3_SECRET_KEY=none \
	SANDBOX_GATEWAY_URL=http://127.0.0.1:1 SANDBOX_GATEWAY_KEY=none SANDBOX_WEBHOOK_SECRET=none
LOCK := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

# The platform is many processes of the same code: it is compiled once, not by each of them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check types style bench faults lock services-start services-stop browser format
.DEFAULT_GOAL := help

help: ## say what can be made
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/'

# The stamps name the lock that the environment was made from.
.venv/run.stamp: requirements/run.lock
	@sh requirements/install.sh run

.venv/dev.stamp: requirements/dev.lock
	@sh requirements/install.sh dev

run: .venv/run.stamp ## run the platform: make run PORT=8100
	@exec .venv/bin/python -m services run --host "$(HOST)" --port "$(PORT)"

services-start: .venv/run.stamp ## start only the embedded services and leave them running
	@.venv/bin/python -m services start

services-stop: .venv/run.stamp ## stop what an earlier run left
	@.venv/bin/python -m services stop

check: .venv/dev.stamp ## lint, types, architecture
	@$(MAKE) --no-print-directory -j 2 types style

types: .venv/dev.stamp
	@$(OFFLINE) .venv/bin/mypy

style: .venv/dev.stamp
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/lint-imports --config pyproject.toml
	@$(OFFLINE) .venv/bin/python -W "ignore:Got an error checking" manage.py makemigrations --check --dry-run
	@.venv/bin/djlint --lint --quiet .

test: .venv/dev.stamp browser ## lint, types, architecture and every test
	@$(MAKE) --no-print-directory check
	@.venv/bin/python -m pytest -n $(WORKERS) --dist worksteal $(PYTEST_ARGS)

browser: .venv/dev.stamp
	@.venv/bin/python -m tests.find_browser

faults: .venv/dev.stamp ## hundreds of orders while everything is killed; FAULTS="--orders 50 --kills 10" for less
	@.venv/bin/python -m tests.faults.storm $(FAULTS)

bench: .venv/dev.stamp ## measure; prints a table and writes var/bench.json
	@.venv/bin/python -m benchmarks

format: .venv/dev.stamp ## put the code into its shape
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

lock: .venv/dev.stamp ## resolve the locks anew
	@.venv/bin/pip install --quiet uv
	@$(LOCK) --upgrade --output-file requirements/run.lock requirements/run.in
	@$(LOCK) --upgrade --output-file requirements/dev.lock --constraint requirements/run.lock requirements/dev.in
