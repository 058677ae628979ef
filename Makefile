# Two commands: `make demo` shows it, `make test` proves it. The rest is for those who change it.

.PHONY: demo demo-clean test check bench setup unit format docs help

PYTHON := .venv/bin/python
# The whole suite, engine tests included, may take this long before it is ended as hung.
TEST_LIMIT ?= 80m

help: ## Show this list.
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: ## Install what is missing, run a host here and deliver to it.
	@scripts/setup engine python
	@$(PYTHON) -m demo

demo-clean: ## Remove what the demo made, and nothing else.
	@scripts/setup python
	@$(PYTHON) -m demo clean

test: ## Set up and run every test, those against a real Docker Engine included.
	@scripts/setup test python
	EDD_REQUIRE_ENGINE=1 timeout --signal=INT --kill-after=60 $(TEST_LIMIT) $(PYTHON) -m pytest $(ARGS)

check: ## Lint, types, room doors, unit tests, freshness of generated pages.
	@scripts/setup python
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports
	$(PYTHON) docs/generate.py --check
	$(PYTHON) -m pytest -q -n 2 tests/unit

unit: ## Unit tests only.
	@scripts/setup python
	$(PYTHON) -m pytest -q -n 2 tests/unit $(ARGS)

format: ## Put the code into the house's form.
	@scripts/setup python
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

docs: ## Write the pages that are generated from the code.
	@scripts/setup python
	$(PYTHON) docs/generate.py

bench: ## Measure against nginx, docker and patch tools; BENCH_QUICK=1 for a short look.
	@scripts/setup bench python
	$(PYTHON) -m bench

setup: ## Install what tests and benchmarks need, and the Python environment.
	@scripts/setup test bench python
