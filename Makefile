# `make demo` runs it, `make test` tests it. Everything is installed into the checkout by tools/install.py.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PACKAGES := api storage pipeline scenes tiling streaming timeline sample_museum
PORT ?= 8000
HOST ?= 127.0.0.1
DATA ?= museum

.PHONY: demo test check format bench bench-tile bench-stream test-system test-long fuzz fuzz-http faults outages web schema release-schema lock fresh clean python

demo: python
	@$(PYTHON) tools/install.py web runtime compiled
	@exec $(BIN)/chronotope demo --data $(DATA) --host $(HOST) --port $(PORT)

# Compiled modules are kept whatever the machine's habit: tests start hundreds of processes, each of which reads them.
test: export PYTHONDONTWRITEBYTECODE =
test: python
	@$(PYTHON) tools/install.py web dev kernels browser ocfl provider
	$(BIN)/python -m pytest -n auto $(ARGS)
	cd web && npm test --silent

check: python
	@$(PYTHON) tools/install.py web dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/licences.py
	cd web && npm run check --silent

format: python
	@$(PYTHON) tools/install.py dev
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: python
	@$(PYTHON) tools/install.py dev peers load
	$(BIN)/python -m bench.run $(TASKS)

# The tiler beside gltfpack and fast-simplification. Scans: CHRONOTOPE_TEST_DATA; 9 and 36 million triangles too:
# CHRONOTOPE_BENCH_LARGEST=40.
bench-tile: python
	@$(PYTHON) tools/install.py dev peers
	$(BIN)/python -m bench.run tile

# The stream over emulated links, beside 3d-tiles-renderer and nginx: as root, on Linux (network namespaces, TUN). The
# statue: CHRONOTOPE_TEST_DATA. Parts: CHRONOTOPE_BENCH_STREAM=links,turn,… ; see bench/tasks/stream.py.
bench-stream: python
	@$(PYTHON) tools/install.py dev peers nginx
	$(BIN)/python -m bench.run stream

# 100,000 mutated messages to the parsers of the stream and the sessions behind them; 20,000 mutants of each format of
# files, an hour of two cores; and what each hostile file costs. Some of each are in the tests. Fewer: MUTANTS=1000.
MUTANTS ?= 20000
fuzz: python
	@$(PYTHON) tools/install.py dev kernels
	$(BIN)/python -m tests.streaming.fuzz 100000
	$(BIN)/python -m tests.hostile.fuzz $(MUTANTS)
	$(BIN)/python -m tests.hostile.measure

# Schemathesis tries every HTTP door and GraphQL operation, as nobody and as an administrator, with so many examples each;
# a few are in the tests.
EXAMPLES ?= 200
fuzz-http: python
	@$(PYTHON) tools/install.py web dev schemathesis
	$(BIN)/python -m tests.api.fuzz_http $(EXAMPLES)

# kill -9, ENOSPC and EIO at every durable system call, power cuts after every one, and the drill (docs/durability.md):
# hours on two cores. A part of it: make faults FAULTS="kill power"; a few points of each are in the tests.
FAULTS ?= kill ENOSPC EIO parse serve power drill
faults: python
	@$(PYTHON) tools/install.py dev kernels strace
	$(BIN)/python -m tests.faults $(FAULTS)

# PostgreSQL and Redis behind networks that fail by seed, so many schedules each: the catalogue, the line between processes,
# and a server on both, half an hour in all. One or two of each are in the tests.
SCHEDULES ?= 200
outages: python
	@$(PYTHON) tools/install.py web dev
	$(BIN)/python -m tests.storage.test_postgres_faults $(SCHEDULES)
	$(BIN)/python -m tests.storage.test_redis_faults $(SCHEDULES)
	$(BIN)/python -m tests.api.outages $(SCHEDULES)

# What takes longest: whole scans, clusters, other clients in large scenes, made-up requests. Shorter tests are a smoke of it.
test-long: export PYTHONDONTWRITEBYTECODE =
test-long: python
	@$(PYTHON) tools/install.py web dev kernels browser schemathesis
	$(BIN)/python -m pytest -n auto -m long $(ARGS)

# The services of deploy/scaled.yaml without containers, one journey, and what happens as they are taken away: with nginx,
# which root installs.
test-system: python
	@$(PYTHON) tools/install.py dev nginx kernels
	$(BIN)/python -m tests.system

web: python
	@$(PYTHON) tools/install.py web

schema: python
	$(BIN)/python -m api.schema > docs/schema.graphql

# At a release: what clients may rely on from now on. Refuses to break the one before unless the version says so.
release-schema: python
	$(BIN)/python -m api.schema_changes docs/schema.released.graphql

# Rewrites requirements/*.txt from requirements/*.in; needs uv.
lock:
	requirements/lock.sh

# Forgets compiled code of numba's: its cache doesn't see a change in what a function calls from another file.
fresh:
	find . -path ./web/node_modules -prune -o \( -name "*.nbi" -o -name "*.nbc" \) -not -path "./.venv/*" -exec rm -f {} +
	rm -f .venv/.kernels

clean:
	rm -rf .venv web/dist web/node_modules tests/artifacts .mypy_cache .ruff_cache .pytest_cache .hypothesis

python:
	@test -n "$(PYTHON)" || { echo "Python is missing. Mend: install Python 3.11 (python.org, or your package manager)." >&2; exit 1; }
