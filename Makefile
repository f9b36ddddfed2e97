SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON_IN_VENV := .venv/bin/python
# Folders that have Python in them already, so that a partial tree can be checked too.
TYPED := $(wildcard ape_recovery.py) $(foreach folder,recovery scripts benchmarks tools examples,$(if $(wildcard $(folder)/*.py),$(folder)))

export PYTHON

.PHONY: help setup setup-python demo test test-contracts test-plain check bench artifacts docs lock clean

help:  ## What there is
	@sed -nE 's/^([a-z-]+):.*  ## (.*)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|'

setup:  ## Install what the lock files name (quick when nothing has changed)
	@tools/setup python node

setup-python:
	@tools/setup python

demo: setup-python  ## Recover an account, in memory
	@.venv/bin/recovery demo

test: setup  ## All tests
	@$(PYTHON_IN_VENV) -m tools.run_tests

test-contracts: setup  ## Only the tests of the contracts, under Ape on Anvil
	@$(PYTHON_IN_VENV) -m tools.run_tests contracts

test-plain: setup  ## Only the tests that need no Ape
	@$(PYTHON_IN_VENV) -m tools.run_tests plain

check: setup  ## Style, types, lint, committed artifacts, gas snapshot, lock files
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy $(TYPED)
	node_modules/.bin/solhint --disc --noPoster --max-warnings 0 'contracts/**/*.sol'
	@! grep -nE 'https?://' requirements.lock package-lock.json || { echo 'Error: addresses in a lock file. Run: make lock' >&2; exit 1; }
	$(PYTHON_IN_VENV) tools/build_artifacts.py --check
	$(PYTHON_IN_VENV) -m benchmarks.gas --check
	$(PYTHON_IN_VENV) -m tools.build_docs --check
	$(PYTHON_IN_VENV) -m tools.vectors --check

bench: setup  ## Measure gas and write the snapshot
	$(PYTHON_IN_VENV) -m benchmarks.gas

artifacts: setup  ## Compile the contracts into recovery/artifacts
	$(PYTHON_IN_VENV) tools/build_artifacts.py

docs: setup  ## Write docs/commands.md and docs/vectors again
	$(PYTHON_IN_VENV) -m tools.build_docs
	$(PYTHON_IN_VENV) -m tools.vectors

lock:  ## Write the lock files again after a change of pyproject.toml or package.json (needs uv)
	uv pip compile pyproject.toml --all-extras --universal --python-version 3.10 --generate-hashes \
		--no-emit-index-url --no-header --quiet -o requirements.lock
	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund
	node tools/strip-lock.js

clean:  ## Remove what is built, but not .venv and node_modules
	rm -rf .build .cache contracts/.cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -not -path './.venv/*' -not -path './node_modules/*' -prune -exec rm -rf {} +
