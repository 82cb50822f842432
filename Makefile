# Everything a person does with this checkout. `make` alone lists it.
# Nothing is installed outside .venv; a second run installs nothing that is there already.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
LOCK   := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet
TEST   := $(BIN)/pytest -n auto --maxprocesses 4
PACKED := $(shell find pipeline transforms configs seeds -type f ! -name '*.pyc' 2>/dev/null | sed 's/ /\\ /g')

.DEFAULT_GOAL := help
.PHONY: help replay runners-kafka test test-slow lint format bench schemas picture lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Tocsin needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Say which to take: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "No virtual environment could be made: install the venv module of $(PYTHON) (Debian: python3-venv)."; exit 2; }
	@touch $@

$(VENV)/locked-run: requirements/run.txt requirements/build.txt | $(VENV)/made
	@echo "Installing what Tocsin runs on (once; about a minute) ..."
	@$(PIP) install --require-hashes -r requirements/run.txt
	@$(PIP) install --require-hashes -r requirements/build.txt
	@touch $@

$(VENV)/locked-dev: requirements/dev.txt | $(VENV)/locked-run
	@echo "Installing what the tests and checks need (once) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt -c requirements/dev.txt
	@touch $@

# The wheel is built and installed as a user gets it; it is built again only when what it packs has changed.
$(VENV)/wheel: $(VENV)/locked-run pyproject.toml README.md LICENSE $(PACKED)
	@rm -rf dist
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@$(PIP) install --no-deps --no-index --force-reinstall dist/tocsin-*.whl
	@touch $@

replay: $(VENV)/wheel  ## replay the seed articles and show the alert
	@mkdir -p var
	@$(BIN)/tocsin replay seeds --store sqlite:///var/replay.db --standing

test: $(VENV)/wheel $(VENV)/locked-dev  ## the fast tests, against the built wheel
	@$(TEST) -m "not slow and not runners" --cov --cov-report=
	@$(BIN)/coverage report --include='transforms/**' --fail-under=95

test-slow: $(VENV)/wheel $(VENV)/locked-dev  ## the long tests: kills, two at once, big input
	@$(TEST) -m slow

# Where Maven is out of reach nothing is there, and the tests that need the broker are skipped and say so.
runners-kafka:  ## fetch the Kafka broker that the queue is tested against, into var/runners/kafka
	@test -f var/runners/kafka/made || { rm -rf var/runners/kafka; mkdir -p var/runners; \
	  mvn -B -q -f tests/doubles/kafka/pom.xml org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
	    -DincludeScope=runtime -DoutputDirectory=$(CURDIR)/var/runners/kafka \
	  && (cd var/runners/kafka && sha256sum --check --quiet --strict $(CURDIR)/tests/doubles/kafka/jars.sha256) \
	  && touch var/runners/kafka/made || { rm -rf var/runners/kafka; echo "No Kafka broker could be fetched: its tests are skipped."; }; }

lint: $(VENV)/wheel $(VENV)/locked-dev  ## style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/locked-dev  ## put the code into shape
	@$(BIN)/ruff check --fix-only --exit-zero --quiet .
	@$(BIN)/ruff format .

bench: $(VENV)/wheel $(VENV)/locked-dev  ## speed and memory, written to docs/benchmarks.md
	@$(BIN)/python -m benchmarks.stream

schemas: $(VENV)/wheel  ## write the JSON Schemas of the border shapes to docs/schemas
	@$(BIN)/tocsin schemas docs/schemas

picture: $(VENV)/wheel  ## draw the alert of the seeds for the README
	@$(BIN)/tocsin replay seeds --svg docs/alert.svg

lock: $(VENV)/made  ## resolve the dependencies anew and write the locks with hashes
	@$(PIP) install uv
	@$(LOCK) pyproject.toml -o requirements/run.txt
	@$(LOCK) pyproject.toml --group test --group lint --group build -o requirements/dev.txt
	@$(LOCK) pyproject.toml --group test --group lint --group build --group runners --constraints requirements/dev.txt -o requirements/runners.txt
	@$(LOCK) --group build --constraints requirements/dev.txt -o requirements/build.txt

clean:  ## remove what was built here
	@rm -rf $(VENV) dist build var .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
