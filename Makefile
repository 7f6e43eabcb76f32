# Everything a person does here is one word. The work is in crm_site/setup (plain Python, no packages needed).
PYTHON ?= python3
PORT ?= 8000
SERVE ?= 1
CUSTOMERS ?= 2000
SIZE ?= 10k
ARGS ?=
ONLY ?=
BIN := .venv/bin
export PORT SERVE CUSTOMERS ARGS

.PHONY: help demo test install dev up lint format bench lock messages clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1@/' | awk -F@ '{printf "%-16s %s\n", $$1, $$2}'

demo:  ## demo data in a local database, then the running product (PORT=8000 SERVE=1 CUSTOMERS=2000)
	@$(PYTHON) crm_site/setup demo

test:  ## the whole suite: on SQLite, then the database, broker and night tests on PostgreSQL and Redis (ARGS="-k name")
	@$(PYTHON) crm_site/setup test

install:  ## only the environment, with what the product needs to run
	@$(PYTHON) crm_site/setup install

dev:  ## only the environment, test tools included
	@$(PYTHON) crm_site/setup dev

up: install  ## the running product on whatever DATABASE_URL names, without touching its data
	@exec $(BIN)/python manage.py up --port $(PORT)

lint: dev  ## style, house contracts, missing migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run

format: dev  ## lay the code out
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

bench: dev  ## ratios against floors measured in the same run, kept in docs/bench (SIZE=10k|100k|1m ONLY=part)
	@$(BIN)/python -m tests.with_services $(BIN)/python manage.py bench --size $(SIZE) $(addprefix --only ,$(ONLY))

lock:  ## refresh the hashed lock files from requirements*.txt
	@$(PYTHON) crm_site/setup lock

messages: dev  ## collect texts for translation (needs GNU gettext)
	$(BIN)/python manage.py makemessages -l zh_Hans --no-location --no-obsolete
	$(BIN)/python manage.py compile_locale

clean:  ## remove caches, logs and built files; keeps the data in var/ and the environment
	rm -rf .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache staticfiles var/log
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
	find locale -name '*.mo' -delete
