# Every target sets up what it needs: a virtual environment and the pinned packages, no root.
# The first that runs and is new enough: a name on the path may be a stub that does not.
PYTHON ?= $(shell for p in python3 python3.12 python3.11 python3.13; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SAMPLE := data/sample
# The models are compiled while setting up, so that the first night need not; COMPILE=no where another
# account or folder will run it.
COMPILE ?= yes
# As many as processors (one more was measured: no quicker), and not too many: each reads all tests.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$(( n < 8 ? n : 8 )))

.DEFAULT_GOAL := help
.PHONY: help packages packages-spark packages-store run test test-spark test-store test-faults test-bi test-image check format lock up docs sbom audit benchmark clean

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1|/' | column -t -s '|'

# The lock file holds the whole set with hashes, so nothing is resolved (--no-deps).
$(READY): requirements.lock pyproject.toml pipelines/board/charts/script.py
	@test -n "$(PYTHON)" || { echo "Forewarn needs Python 3.11 or newer; name one with: make PYTHON=/path/to/python3"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned packages into $(VENV) (a minute, once) ..."
	@$(BIN)/python .ci/install.py
	@$(BIN)/python -m pip install --quiet --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pipelines.board.charts.script || echo "The script of living charts could not be made yet; the board tries again when it starts."
ifneq ($(COMPILE),no)
	@$(BIN)/python -m pipelines.warehouse.dbt_command || echo "The models do not compile yet; the first night tries again."
endif
	@touch $@

# The extra beside them: the same versions of what both hold, and Spark.
$(VENV)/.ready-spark: $(READY) requirements-spark.lock
	@echo "Installing Spark into $(VENV) (500 MB, once; Java 17 is not part of it) ..."
	@$(BIN)/python -m pip install --quiet --quiet --no-deps --require-hashes --requirement requirements-spark.lock
	@touch $@

$(VENV)/.ready-store: $(READY) requirements-store.lock
	@$(BIN)/python -m pip install --quiet --quiet --no-deps --require-hashes --requirement requirements-store.lock
	@touch $@

packages: $(READY) ## the environment with the pinned packages, and nothing else

run: $(READY) ## the nightly job on the shipped configuration (makes the sample company if it is missing)
	@test -e $(SAMPLE)/labels.json || $(BIN)/forewarn sample $(SAMPLE)
	@$(BIN)/forewarn run

test: $(READY) ## the whole test suite, with linting and type checks
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

packages-spark: $(VENV)/.ready-spark ## the packages of the Spark engine too (docs/spark.md); needs Java 17

packages-store: $(VENV)/.ready-store ## the packages of S3-compatible object storage too (docs/store.md)

# The server in an environment of its own: it brings what Forewarn does not need.
.venv-store/bin/moto_server: tests/store/server.txt
	@test -x .venv-store/bin/python || $(PYTHON) -m venv .venv-store
	@.venv-store/bin/python -m pip install --quiet --quiet --requirement tests/store/server.txt
	@touch $@

test-store: $(VENV)/.ready-store .venv-store/bin/moto_server ## a night, a restore and readers against a real S3 server on this machine (minutes)
	@FOREWARN_TEST_STORE=$(CURDIR)/.venv-store/bin/moto_server $(BIN)/python -m pytest -n 0 tests/store

test-spark: $(VENV)/.ready-spark $(VENV)/.ready-store .venv-store/bin/moto_server ## whole nights on a Spark cluster of two workers on this machine, with a shared folder and through an S3 server, every mart compared with DuckDB's
	@FOREWARN_TEST_SPARK=1 FOREWARN_TEST_STORE=$(CURDIR)/.venv-store/bin/moto_server $(BIN)/python -m pytest -n 0 tests/spark

test-faults: $(READY) ## 2,000 mutated sheets, 30 nights in a row with a change and 30 with a fault in each, by hand (two hours); writes the table of docs/reliability.md
	@FOREWARN_FUZZ=$(or $(FILES),2000) $(BIN)/python -m pytest -q -n 0 tests/faults/test_sheet_fuzzing.py
	@$(BIN)/python tests/faults/changed_nights.py --nights $(or $(NIGHTS),30)
	@$(BIN)/python tests/faults/fault_nights.py --nights $(or $(NIGHTS),30) --table docs/reliability.md

# Environments of their own: Superset and older drivers want other versions than Forewarn.
test-bi: $(READY) ## the BI bundle in a real Superset, and the marts in other tools (downloads 150 packages, once)
	@for kind in superset readers; do \
	  test -x .venv-bi/$$kind/bin/python || $(PYTHON) -m venv .venv-bi/$$kind || exit 1; \
	  .venv-bi/$$kind/bin/python -m pip install --quiet --quiet --requirement tests/bi/$$kind.txt || exit 1; \
	done
	@$(BIN)/python -m pytest -q -n 0 tests/bi/superset_opens.py tests/bi/tools_read.py

test-image: $(READY) ## the image's steps and a night in it without a container engine (root, some minutes)
	@$(BIN)/python -m pytest -q -n 0 tests/deploy/image_runs.py

check: $(READY) ## the configuration and every source, without reading data
	@$(BIN)/forewarn check

format: $(READY) ## put code and SQL into the house format
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .
	@$(BIN)/sqlfluff fix --quiet dbt_project/models dbt_project/tests
	@PYTHONPATH=tests $(BIN)/python -m lint_sql --keep dbt_project/models dbt_project/tests

# django-htmx is read as a file, for the htmx that it carries: what it would import is left out.
lock: $(READY) ## the lock files anew from pyproject.toml; pins that fit are kept
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-package django --no-emit-package asgiref --python-version 3.11 --output-file requirements.lock --quiet
	@$(BIN)/uv pip compile pyproject.toml --extra spark --constraint requirements.lock --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-package django --no-emit-package asgiref --python-version 3.11 --output-file requirements-spark.lock --quiet
	@$(BIN)/uv pip compile pyproject.toml --extra store --constraint requirements.lock --universal --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-package django --no-emit-package asgiref --python-version 3.11 --output-file requirements-store.lock --quiet

up: $(READY) ## the board (http://127.0.0.1:3080), Dagster's pages and schedules, on loopback ports
	@$(BIN)/forewarn up

docs: $(READY) ## docs/metrics.md, docs/openapi.json, Superset's bundles, the pictures and dbt's documentation pages
	@$(BIN)/forewarn docs

sbom: ## sbom.json: every pinned package with its hashes
	@$(PYTHON) .ci/dependencies.py sbom > sbom.json

audit: $(READY) ## known vulnerabilities of the pinned packages (needs pip-audit and a network)
	@$(BIN)/python .ci/dependencies.py audit

benchmark: $(READY) ## speed and memory, by hand; see benchmarks/README.md
	@$(BIN)/python -m benchmarks

clean: ## remove what was built here: environment, caches, data
	@rm -rf $(VENV) .venv-bi .venv-store data .pytest_cache .ruff_cache .hypothesis *.egg-info dbt_project/target dbt_project/logs
