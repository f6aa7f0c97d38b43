# Storyreel: `make help` lists what can be done. Everything runs in .venv, which the first target that needs it sets up.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
DIFFUSERS := $(VENV)/.diffusers
PEERS  := .venv-peers
CODE   := services tests bench scripts
# Two processes at once, each with a Postgres and a broker of its own; the tests of a file stay together and in order.
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -q
PYTESTS := $(PYTEST) -n $(WORKERS) --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup setup-diffusers film up test test-unit test-contract test-integration test-e2e check static format format-check lint types imports protos protos-check docs docs-check goldens lock bench bench-film bench-minute bench-draft bench-compile bench-recompile bench-dispatch bench-fetch bench-clip bench-speech bench-memory bench-models bench-clips-models sample-films clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  \033[1m%-18s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv and install the locked packages (needs Python 3.11 or newer)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Storyreel needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

film: setup ## Make the sample film: film.mp4, with a contact sheet in film.png
	$(BIN)/storyreel film samples/zh_snow_mountain.txt --title 雪山奇缘 --shots 5 -o film.mp4

up: setup ## Serve the REST API on http://127.0.0.1:8080 until Ctrl-C
	$(BIN)/storyreel up

setup-diffusers: $(DIFFUSERS) ## Add torch and diffusers to .venv, for the engines that run models

# torch comes apart: one version number stands for builds with different bytes, and pip takes the one that suits its settings.
$(DIFFUSERS): $(STAMP) requirements-diffusers.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-diffusers.lock
	@touch $@

test: setup-diffusers ## Run every test but vLLM's: unit, contract, integration, end to end
	$(PYTESTS)

test-unit: setup-diffusers ## Run the unit tests alone (seconds)
	$(PYTESTS) tests/unit

test-contract: setup ## Run the suites that twins and real adapters both pass
	$(PYTESTS) tests/contract

test-integration: setup-diffusers ## Run the tests of real parts together
	$(PYTESTS) tests/integration

test-e2e: setup-diffusers ## Run the whole stack as its users do
	$(PYTESTS) tests/e2e

CHAOS_SEED ?= 1

.PHONY: chaos chaos-long

chaos: setup ## Rain faults on real processes for a minute, and check what happened
	$(BIN)/python -m tests.chaos --seed $(CHAOS_SEED) --operations 0 --tenants 6 --faults 24 --every 0.6 --recovery 15

chaos-long: setup ## The same at length: 2,000 operations or more, 200 faults, a seed by chance (docs/chaos.md)
	$(BIN)/python -m tests.chaos --operations 2000 --tenants 8 --faults 205 --every 0.8 --postgres-every 20 --report chaos.json

.PHONY: setup-vllm test-vllm setup-peers bench-peers bench-live bench-cancel bench-rows bench-throughput bench-fair

setup-vllm: setup ## Make the environment of vLLM on a CPU (2.5 GB in the user's cache folder, once)
	@$(BIN)/python scripts/vllm_env.py

test-vllm: setup-vllm ## Run a real vLLM on the CPU: storyboards through the whole path
	$(PYTEST) -m vllm tests/vllm

setup-peers: $(PEERS)/.installed ## Make the environment of the job systems that bench-peers compares with

$(PEERS)/.installed: requirements-peers.lock
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-peers.lock
	@touch $@

check: static test chaos test-vllm ## Everything that CI checks

static: format-check lint types imports protos-check docs-check ## Everything that can be checked without running it

format: setup ## Format the code
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix --quiet $(CODE)
	$(BIN)/buf format -w

format-check: setup
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/buf format --diff --exit-code

lint: setup
	$(BIN)/ruff check $(CODE)
	$(BIN)/buf lint

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

protos: setup ## Generate the Python code of protos/
	$(BIN)/python scripts/protos.py

protos-check: setup
	$(BIN)/python scripts/protos.py --check
	$(BIN)/buf breaking protos --against protos/baseline.binpb

docs: setup ## Generate the pages that are made from code
	$(BIN)/python scripts/state_machines.py
	$(BIN)/python scripts/settings_table.py

docs-check: setup
	$(BIN)/python scripts/state_machines.py --check
	$(BIN)/python scripts/settings_table.py --check

goldens: setup ## Renew the golden pictures and name those that changed
	$(BIN)/python -m scripts.goldens

lock: setup ## Resolve pyproject.toml into requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra gateway --extra worker --extra models --extra remote --extra cli --extra dev --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml -o requirements.lock
	echo 'torch; python_version < "3"' > $(VENV)/without-torch.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --extra diffusers --override $(VENV)/without-torch.txt --constraint requirements.lock --generate-hashes --no-annotate --no-header --no-emit-index-url pyproject.toml -o requirements-diffusers.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --no-emit-index-url requirements-peers.in -o requirements-peers.lock

bench: bench-dispatch bench-fetch bench-clip bench-speech bench-memory bench-film bench-minute bench-draft bench-compile bench-recompile bench-models bench-clips-models bench-throughput bench-rows bench-fair bench-peers bench-live bench-cancel ## Measure everything that docs/benchmarks.md quotes

bench-peers: setup setup-peers ## Operations that do nothing, beside procrastinate, taskiq and celery
	$(BIN)/python -m bench.peers

bench-throughput: setup ## Operations that do nothing, at the store and the broker, beside a thousand rows and a million
	$(BIN)/python -m bench.throughput

bench-live: setup ## A thousand event streams on one gateway
	$(BIN)/python -m bench.live

bench-cancel: setup ## From a cancel to an idle engine
	$(BIN)/python -m bench.cancel

bench-fair: setup ## How long one owner waits beside another's backlog
	$(BIN)/python -m bench.fair

bench-rows: setup ## Get, list, claim and sweep with a million operations in the table
	$(BIN)/python -m bench.rows

bench-film: setup ## Story to film, wall seconds and peak memory
	$(BIN)/python -m bench.film

bench-minute: setup ## A film of a minute and twelve shots
	$(BIN)/python -m bench.film --story samples/en_lighthouse.txt --shots 12

bench-draft: setup ## The draft of the sample's five shots
	$(BIN)/python -m bench.film --draft --shots 5

bench-compile: setup ## Of a film of a minute, the compile alone
	$(BIN)/python -m bench.compile

bench-speech: setup ## CPU a second of speech, and the engine's memory
	$(BIN)/python -m bench.speech

bench-memory: setup ## What the model service holds in memory, stage by stage
	$(BIN)/python -m bench.memory

bench-clip: setup ## Of a clip, CPU a frame
	$(BIN)/python -m bench.clip

bench-models: setup-diffusers ## Keyframes by diffusers, alone and in batches: the engine, then SD-Turbo at 512² (17 minutes on 2 cores)
	$(BIN)/python -m bench.models
	$(BIN)/python -m bench.models --shape sd-turbo --dtype bfloat16 --batches 1 4 --callers 1 4 16 --requests 1 --lone 2

bench-clips-models: setup-diffusers ## Clips by SVD: what the engine does beside the model, then SVD-XT's size, few frames, small
	$(BIN)/python -m bench.clips_models --steps 5
	$(BIN)/python -m bench.clips_models --shape svd-xt --dtype bfloat16 --frames 4 --side 256 --steps 2 --clips 1

sample-films: setup ## Make the sample films, and docs/films/ from them
	$(BIN)/python scripts/sample_films.py

bench-recompile: setup ## A second compile: nothing changed, one shot of five edited
	$(BIN)/python -m bench.recompile

bench-dispatch: setup ## Created to started, and operations a second
	$(BIN)/python -m bench.dispatch

bench-fetch: setup ## What Kafka's fetch wait costs on the embedded broker
	$(BIN)/python -m bench.fetch_wait

clean: ## Remove what the targets made (never the data folder)
	rm -rf $(VENV) film.mp4 film.png film.srt film.vtt films .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
