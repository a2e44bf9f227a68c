# Each command makes .venv when it is missing; python3 (3.11 or later, with venv) is all that it needs.
# Arguments go through ARGS: make run ARGS="BTC/USD --depth 100"

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS ?=
# More workers than cores: the tests wait for servers and processes more than they compute.
WORKERS ?= 3

LANGUAGES := typescript go rust java

.DEFAULT_GOAL := help
.PHONY: help run demo sim test test-long simulation chaos matrix fuzz bench capacity check audit sbom format \
  clean languages test-python $(LANGUAGES:%=test-%) fuzz-languages bench-languages deploy-check deploy-render \
  deploy-image deploy-locks

help: ## list the commands
	@echo '  make test-LANGUAGE  a consumer library, its own tests and what all must do: python $(LANGUAGES)'
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

run: .venv/.installed-run ## publish Kraken's books to Redis Streams (embedded server when no PYKRAKEN_REDIS_URL)
	@$(BIN)/pykraken run $(ARGS)

demo: .venv/.installed-run ## simulator, server, publisher and a live ladder in one command, offline
	@$(BIN)/pykraken demo $(ARGS)

sim: .venv/.installed-run ## the exchange simulator alone
	@$(BIN)/pykraken simulate $(ARGS)

test: .venv/.installed-test ## every test that fits in ten minutes, of all languages whose toolchains are here
	$(BIN)/python -m tests.languages.languages
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not long" $(ARGS)

test-long: .venv/.installed-test ## the tests that take longer
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m long --timeout 3600 $(ARGS)

languages: .venv/.installed-test ## build the consumer libraries whose toolchains are here
	@$(BIN)/python -m tests.languages.languages --build

test-python: .venv/.installed-test ## the Python library's tests and what all languages must do
	PYKRAKEN_LANGUAGES=python $(BIN)/python -m pytest -n $(WORKERS) tests/consumer tests/languages $(ARGS)

$(LANGUAGES:%=test-%): test-%: .venv/.installed-test ## one library's own checks and tests, and what all languages must do
	$(BIN)/python -m tests.languages.languages $*
	PYKRAKEN_LANGUAGES=$* $(BIN)/python -m pytest -n $(WORKERS) tests/languages $(ARGS)

fuzz-languages: .venv/.installed-test languages ## a million mutated entries to every decoder; all must say the same
	$(BIN)/python -m tests.languages.fuzz $(ARGS)

bench-languages: .venv/.installed-test languages ## rebuild rates of all languages on the same streams
	$(BIN)/python -m tests.languages.bench $(ARGS)

simulation: .venv/.installed-test ## a thousand seeds of faults in virtual time
	$(BIN)/python -m tests.simulation --jobs $(WORKERS) $(ARGS)

fuzz: .venv/.installed-fuzz ## coverage-guided fuzzing for FUZZ_SECONDS (60) in all, or of FUZZ_RUNS inputs
	$(BIN)/python -m tests.fuzz $(ARGS)

chaos: .venv/.installed-test ## a random fault every few seconds for CHAOS_MINUTES (3) minutes
	$(BIN)/python -m tests.chaos $(ARGS)

matrix: .venv/.installed-test ## the tests of the fault matrix, and their report
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m row --matrix .matrix.json $(ARGS)
	$(BIN)/python -m tests.faults.report .matrix.json

bench: .venv/.installed-test ## measure publisher and consumer against the machine's limit (ARGS=--metrics: what metrics cost; ARGS="--against REV": CPU time beside another commit)
	$(BIN)/python -m tests.benchmarks $(ARGS)

capacity: .venv/.installed-test ## measure what symbols, messages and readers cost (CAPACITY.md); half an hour
	$(BIN)/python -m tests.benchmarks.capacity $(ARGS)

check: .venv/.installed-test ## style, types and floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict
	$(BIN)/lint-imports

audit: .venv-supply/.installed ## ask for known vulnerabilities of what is installed; says loudly what could not be asked
	.venv-supply/bin/python -m tests.supply audit

sbom: .venv-supply/.installed ## write build/sbom.json (CycloneDX): what an installation is made of
	.venv-supply/bin/python -m tests.supply sbom

deploy-check: .venv/.installed-test .venv-deploy/tools/.fetched ## everything of deploy/ through hadolint, compose, helm, checkov, promtool ...
	$(BIN)/python -m tests.deploy

deploy-render: .venv/.installed-test .venv-deploy/tools/.fetched ## write the plain manifests anew from the Helm chart
	$(BIN)/python -m tests.deploy render

deploy-image: .venv/.installed-test ## build the image without a daemon (root, buildah, debootstrap) and run it against simulator and Redis
	$(BIN)/python -m tests.deploy.image $(ARGS)

deploy-locks: .venv-deploy/.installed ## write the hashed requirements of the image anew (no hosts in them)
	.venv-deploy/bin/uv export --quiet --no-header --no-annotate --no-emit-project --no-default-groups \
	  --extra embedded --extra sim --output-file deploy/requirements/run.lock
	echo 'hatchling>=1.25' | .venv-deploy/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --output-file deploy/requirements/build.lock -
	@! grep -n '://' deploy/requirements/*.lock

format: .venv/.installed-test ## rewrite the code in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove what the commands made
	rm -rf .venv .venv-supply .venv-deploy build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: $(PYTHON) is older than 3.11; try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv \
	  || { rm -rf .venv; echo "make: $(PYTHON) cannot make a venv; on Debian: apt-get install python3-venv" >&2; exit 1; }

.venv/.installed-run: pyproject.toml | $(BIN)/python
	@echo "installing pykraken into .venv"
	@$(PIP) --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	@$(PIP) install -e '.[embedded,sim]'
	@touch $@

.venv/.installed-test: pyproject.toml | $(BIN)/python
	@echo "installing pykraken and its test tools into .venv"
	@$(PIP) --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	@$(PIP) install -e '.[embedded,sim,test]'
	@touch $@ .venv/.installed-run

.venv/.installed-fuzz: pyproject.toml | .venv/.installed-test
	@echo "installing atheris into .venv"
	@$(PIP) install --only-binary atheris -e '.[test,fuzz]' \
	  && $(BIN)/python -c 'import atheris' \
	  || { echo "make: no atheris for $$($(BIN)/python -V) on $$(uname -sm): it has wheels for Linux on" \
	    "x86_64 with CPython 3.11 to 3.14; without it \`make test\` still runs each target's seeds" >&2; exit 1; }
	@touch $@

.venv-supply/.installed: pyproject.toml
	@echo "installing pip-audit and cyclonedx-py into .venv-supply"
	@$(PYTHON) -m venv .venv-supply
	@.venv-supply/bin/python -m pip --disable-pip-version-check --quiet install '.[supply]'
	@touch $@

.venv-deploy/.installed: pyproject.toml
	@echo "installing the tools of deploy-check into .venv-deploy"
	@$(PYTHON) -m venv .venv-deploy
	@.venv-deploy/bin/python -m pip --disable-pip-version-check --quiet install '.[deploy]'
	@touch $@

.venv-deploy/tools/.fetched: tests/deploy/tools.py | .venv/.installed-test .venv-deploy/.installed
	@$(BIN)/python -m tests.deploy.tools
	@touch $@
