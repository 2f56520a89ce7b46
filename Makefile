# Everything that is done with this project. Each target makes what it needs by itself; a machine
# needs Python 3.11 or later, make and git.

.DEFAULT_GOAL := help
.PHONY: help demo up test test-stack test-rest nightly mutants check lint synth schemas widget console bench figures cdnow deploy clean

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PEERS := $(VENV)/.peers
MUTMUT := $(VENV)/.mutmut
CHECKOV := .local/checkov/.installed
NODE_MODULES := node_modules/.installed
CONSOLE_MODULES := console/node_modules/.installed
CONSOLE := functions/serve_console/pages/index.html
CDK := node_modules/.bin/cdk
# Every process of the tests would compile all of it again, on a machine that is told to keep nothing.
unexport PYTHONDONTWRITEBYTECODE
# With the Node that comes as a Python package; only npm and the CDK command line ask for it by name.
WITH_NODE := PATH="$(CURDIR)/$(BIN):$$PATH"

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(INSTALLED) $(CONSOLE) ## Real behaviour in, real messages out (PEOPLE=300|all, DEMO_ONCE=1 to end after it)
	@$(BIN)/python -m demo

up: $(INSTALLED) $(CONSOLE) ## Start Rapport on this machine and keep it (PORT=8787)
	@exec $(BIN)/python -m infra.local

test: $(INSTALLED) $(NODE_MODULES) $(CONSOLE) ## All tests, those on the local stack included
	@$(MAKE) --no-print-directory -k -j 2 test-stack test-rest

# Those on the stack wait for most of their time, so all others run beside them, and give way to them.
test-stack:
	RAPPORT_LOOK_BACK=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "stack and not nightly" --durations=40 --durations-min=5
	$(BIN)/pytest -m "nightly and not stack" tests/scenarios/test_least_privilege.py

test-rest:
	nice $(BIN)/pytest -n 3 --dist worksteal -m "not stack and not nightly" --durations=40 --durations-min=5

nightly: $(INSTALLED) $(CHECKOV) $(NODE_MODULES) $(CONSOLE) ## What takes too long for every change: the same claims, on far more cases
	RAPPORT_TEST_PROFILE=new RAPPORT_LOOK_BACK=1 $(BIN)/pytest -n 2 --dist loadfile -m nightly --durations=0 --durations-min=5
	RAPPORT_TEST_PROFILE=night $(BIN)/pytest -n 3 --dist worksteal -p tests.later -m "not stack and not nightly" --ignore tests/providers/webhook/test_calling.py

mutants: $(INSTALLED) $(MUTMUT) ## Small mistakes in the pure core that no test sees (MUTANTS=200 of each package, SEED=1; all take a night)
	@$(BIN)/python -m tests.mutants $(ARGS)

check: lint $(NODE_MODULES) $(CONSOLE) ## Style, types, layers, contracts and the fast tests, a few examples each; needs no network
	RAPPORT_TEST_PROFILE=quick $(BIN)/pytest -n 3 --dist worksteal -m "not stack and not slow and not nightly"

lint: $(INSTALLED) ## Style, types, layers and contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m infra.schemas --check

synth: $(INSTALLED) $(CONSOLE) ## Write the CloudFormation templates and assets to cdk.out
	@rm -rf cdk.out
	$(BIN)/python -m infra.app

schemas: $(INSTALLED) ## Write the committed contracts again: OpenAPI and JSON Schemas
	$(BIN)/python -m infra.schemas

widget: $(NODE_MODULES) ## Write the script for pages again, from widget/
	$(WITH_NODE) npm run --silent widget

console: $(CONSOLE) ## Build the page on which operators draw journeys

bench: $(INSTALLED) $(PEERS) $(NODE_MODULES) $(CONSOLE) ## Measure everything: benchmarks/results.json and docs/figures.md (PARTS="events memory" for some)
	$(BIN)/python -m benchmarks $(PARTS)

figures: $(INSTALLED) ## Write docs/figures.md again from benchmarks/results.json, without measuring
	$(BIN)/python -m benchmarks.figures

cdnow: $(INSTALLED) ## Import 69,659 real purchases; count them in the tables and by SQL (minutes)
	$(BIN)/python -m benchmarks.cdnow

deploy: $(INSTALLED) $(NODE_MODULES) $(CONSOLE) ## Deploy to the AWS account of your credentials (ARGS="-c retain=false")
	$(WITH_NODE) $(CDK) deploy --all $(ARGS)

clean: ## Remove everything that was made here, but nothing that is committed
	rm -rf $(VENV) .local cdk.out node_modules console/node_modules functions/serve_console/pages benchmarks/peers/node_modules *.egg-info build
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- what they need ---------------------------------------------------------------------------

# The first Python of this machine that is new enough.
define FIND_PYTHON
python=; \
for name in python3 python3.13 python3.12 python3.11 python3.14 python; do \
  if "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
    then python=$$name; break; fi; \
done; \
if [ -z "$$python" ]; then echo "Rapport needs Python 3.11 or later; none was found on PATH." >&2; exit 1; fi
endef

# uv of this machine, or else the one of the lock file, its hash checked by pip.
$(INSTALLED): requirements/dev.txt pyproject.toml
	@$(FIND_PYTHON); set -e; \
	if command -v uv >/dev/null 2>&1; then \
	  uv=uv; [ -x $(BIN)/python ] || uv venv --quiet --python "$$python" $(VENV); \
	else \
	  uv=$(BIN)/uv; [ -x $(BIN)/python ] || "$$python" -m venv $(VENV); \
	  if [ ! -x $$uv ]; then \
	    awk '/^uv==/ { on = 1 } on { print } on && !/\\$$/ { exit }' requirements/dev.txt > $(VENV)/uv.txt; \
	    $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.txt; \
	  fi; \
	fi; \
	echo "Installing what requirements/dev.txt locks ..."; \
	$$uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements/dev.txt; \
	$$uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# What only the bench compares with.
$(PEERS): requirements/bench.txt benchmarks/peers/package-lock.json $(INSTALLED)
	@echo "Installing what requirements/bench.txt and benchmarks/peers lock ..."; \
	uv=$$(command -v uv || echo $(BIN)/uv); \
	$$uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/bench.txt; \
	cd benchmarks/peers && $(WITH_NODE) npm ci --loglevel=error --ignore-scripts
	@touch $@

# What only the mutants need.
$(MUTMUT): requirements/mutants.txt $(INSTALLED)
	@echo "Installing what requirements/mutants.txt locks ..."; \
	uv=$$(command -v uv || echo $(BIN)/uv); \
	$$uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/mutants.txt
	@touch $@

# It pins a boto3 of long ago, so it has an environment of its own.
$(CHECKOV): requirements/checkov.txt $(INSTALLED)
	@echo "Installing what requirements/checkov.txt locks ..."; \
	uv=$$(command -v uv || echo $(BIN)/uv); \
	[ -x $(@D)/bin/python ] || $$uv venv --quiet --python $(BIN)/python $(@D); \
	$$uv pip sync --quiet --python $(@D)/bin/python --require-hashes requirements/checkov.txt
	@touch $@

$(NODE_MODULES): package-lock.json $(INSTALLED)
	@echo "Installing what package-lock.json locks ..."; \
	$(WITH_NODE) npm ci --loglevel=error
	@touch $@

# Its own few packages, so that nobody needs those of deployments and tests to see it.
$(CONSOLE_MODULES): console/package-lock.json $(INSTALLED)
	@echo "Installing what console/package-lock.json locks ..."; \
	cd console && $(WITH_NODE) npm ci --loglevel=error --ignore-scripts
	@touch $@

$(CONSOLE): console/build.mjs $(shell find console/src -type f) $(CONSOLE_MODULES)
	@$(WITH_NODE) node console/build.mjs
