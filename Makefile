# Everything a person does with this checkout. `make` alone lists it.
# Nothing is installed outside .venv; a second run installs nothing that is there already.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
LOCK   := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet
TEST   := $(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal
# Tools that hold deploy/ to its own rules and come from no Python index. The first is built by Go, in this version; the
# second is a schema, locked in deploy/lint/package-lock.json.
KUSTOMIZE ?= sigs.k8s.io/kustomize/kustomize/v5@v5.8.1
# Where the sets of names lie that the model learns from, and which to leave out: WITHOUT="--without gmb".
DATA    ?= ../shared/data
WITHOUT ?=
PACKED := $(shell find pipeline transforms configs seeds -type f ! -name '*.pyc' 2>/dev/null | sed 's/ /\\ /g')

.DEFAULT_GOAL := help
.PHONY: help replay runners runners-kafka test test-slow test-runners lint lint-deploy format bench bench-scale chaos quality names-model schemas picture release-graph lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

$(VENV)/locked-runners: requirements/runners.txt | $(VENV)/locked-dev
	@echo "Installing what the tests on engines need (once) ..."
	@$(PIP) install --require-hashes -r requirements/runners.txt -c requirements/runners.txt
	@touch $@

$(VENV)/locked-training: requirements/training.txt | $(VENV)/locked-dev
	@echo "Installing what the training of the names model needs (once) ..."
	@$(PIP) install --require-hashes -r requirements/training.txt -c requirements/training.txt
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

# The domain is covered by its own tests; to trace all others, too, would take two minutes and show one line in a hundred more.
test: $(VENV)/wheel $(VENV)/locked-dev  ## the fast tests, against the built wheel
	@$(TEST) -m "not slow and not runners" tests/transforms --cov --cov-report=
	@$(BIN)/coverage report --include='transforms/**' --fail-under=95
	@$(TEST) -m "not slow and not runners" --ignore tests/transforms

test-slow: $(VENV)/wheel $(VENV)/locked-dev  ## the long tests: kills, two at once, big input
	@$(TEST) -m slow

runners: $(VENV)/locked-run  ## build and fetch engines into var/runners: Prism, Flink and its job server
	@$(BIN)/python requirements/engines.py var/runners

test-runners: $(VENV)/wheel $(VENV)/locked-runners runners runners-kafka  ## the graph on real engines; each that is not here is skipped, and said
	@$(BIN)/pytest -m runners --ignore tests/deploy

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

# Where Go or Node is missing, the tests that need what they bring are skipped and say so. So with terraform, which is
# taken from the machine: its checks of the provider's schema need a provider that only its own registry serves.
$(VENV)/locked-deploy: requirements/lint-deploy.txt deploy/lint/package-lock.json | $(VENV)/locked-dev
	@echo "Installing what holds deploy/ to its rules (once) ..."
	@$(PIP) install --require-hashes -r requirements/lint-deploy.txt -c requirements/lint-deploy.txt
	@if command -v go >/dev/null; then GOBIN="$(abspath $(BIN))" go install $(KUSTOMIZE); fi
	@if command -v npm >/dev/null; then mkdir -p $(VENV)/flink-schema && \
	  cp deploy/lint/package.json deploy/lint/package-lock.json $(VENV)/flink-schema/ && \
	  npm ci --silent --no-audit --no-fund --ignore-scripts --prefix $(VENV)/flink-schema; fi
	@touch $@

lint-deploy: $(VENV)/wheel $(VENV)/locked-deploy  ## everything under deploy/ by its own schema or tool
	@$(TEST) -m runners tests/deploy

format: $(VENV)/locked-dev  ## put the code into shape
	@$(BIN)/ruff check --fix-only --exit-zero --quiet .
	@$(BIN)/ruff format .

bench: $(VENV)/wheel $(VENV)/locked-dev  ## speed and memory, written to docs/benchmarks.md and docs/delivery.md
	@$(BIN)/python -m benchmarks.stream
	@$(BIN)/python -m benchmarks.reading
	@$(BIN)/python -m benchmarks.deciding
	@$(BIN)/python -m benchmarks.delivering

chaos: $(VENV)/wheel $(VENV)/locked-dev  ## 10,000 stories, two processes, kills and a Slack that fails, written to docs/delivery.md
	@$(BIN)/python -m tests.chaos

bench-scale: $(VENV)/wheel $(VENV)/locked-dev runners  ## rates on PostgreSQL and engines, written to docs/scale.md and docs/deployment.md
	@$(BIN)/python -m benchmarks.scale

quality: $(VENV)/wheel $(VENV)/locked-dev  ## score the reading, written to docs/quality.md; 1 where the sample got worse
	@$(BIN)/python -m tests.quality

# One thread: with more, sums are made in another order and the weights differ.
names-model: $(VENV)/wheel $(VENV)/locked-training  ## train the packaged names model anew, in twenty minutes (needs npm, and the sets in DATA=)
	@test -d "$(DATA)/ner" || { echo "The sets to learn from are not in $(DATA): say where with make names-model DATA=folder (docs/model-card.md lists them)."; exit 2; }
	@PYTHONPATH="$(CURDIR)" OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	  $(BIN)/python -m spacy project run all training --vars.data "$(abspath $(DATA))" --vars.without "$(WITHOUT)"

schemas: $(VENV)/wheel  ## write the JSON Schemas of the border shapes to docs/schemas
	@$(BIN)/tocsin schemas docs/schemas

picture: $(VENV)/wheel $(VENV)/locked-dev  ## draw the alert of the seeds for the README, on a terminal and in Slack (needs Chromium)
	@$(BIN)/tocsin replay seeds --svg docs/alert.svg
	@$(BIN)/python -m tests.integration.slack_pictures docs

release-graph: $(VENV)/wheel $(VENV)/locked-dev  ## write the job's steps as the release that others are updated from
	@$(BIN)/python -m tests.deploy.translation

lock: $(VENV)/made  ## resolve the dependencies anew and write the locks with hashes
	@$(PIP) install uv
	@$(LOCK) pyproject.toml -o requirements/run.txt
	@$(LOCK) pyproject.toml --group test --group lint --group build -o requirements/dev.txt
	@$(LOCK) pyproject.toml --group test --group lint --group build --group runners --constraints requirements/dev.txt -o requirements/runners.txt
	@$(LOCK) pyproject.toml --group test --group lint --group build --group training --constraints requirements/dev.txt -o requirements/training.txt
	@$(LOCK) --group build --constraints requirements/dev.txt -o requirements/build.txt
	@$(LOCK) pyproject.toml --extra kafka --extra dataflow --constraints requirements/runners.txt -o requirements/deploy.txt
	@$(LOCK) pyproject.toml --group test --group lint --group build --group runners --group deploy --constraints requirements/runners.txt -o requirements/lint-deploy.txt

clean:  ## remove what was built here
	@rm -rf $(VENV) dist build var .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
