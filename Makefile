# Each command does all the set-up it needs: Python 3.11 or later, pip and make are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
QUICK := not slow and not cluster and not backends and not browser and not mutants and not docs
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test test-all cluster mutants coverage lint docs faults clean

demo: $(VENV)/serve.stamp
	$(BIN)/inklens train
	@echo "draw on it: $(BIN)/inklens serve --open"

# What every change is tested with: one backend, no long trainings, no browser.
test: lint
	$(BIN)/python -m pytest -n auto --dist worksteal -m '$(QUICK)'

# Also long trainings, JAX and PyTorch, the browser, hundreds of damaged files, the documentation.
test-all: $(VENV)/backends.stamp $(VENV)/docs.stamp lint cluster
	$(BIN)/python -m pytest -n auto --dist worksteal -m 'not cluster'

# Clusters of real processes: alone, since Ray has time limits, and one after another in a process of their own,
# since Ray keeps signal handlers in it.
cluster: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -m cluster

# 500 damaged files of each form of data; test-all tries 50.
mutants: $(VENV)/dev.stamp
	INKLENS_MUTANTS=500 $(BIN)/python -m pytest -n auto --dist worksteal tests/datasets/test_mutated_files.py

coverage: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term \
	  -m '$(QUICK)'

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The pages and the API reference as a site.
docs: $(VENV)/docs.stamp
	$(BIN)/python -m sphinx -q -W --keep-going -d build/doctrees docs build/docs
	@echo "open build/docs/index.html"

$(VENV)/venv.stamp:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or later is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv --clear $(VENV)
	touch $@

$(VENV)/train.stamp: $(VENV)/venv.stamp pyproject.toml constraints.txt
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train]'
	touch $@

$(VENV)/serve.stamp: $(VENV)/train.stamp
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train,serve]'
	touch $@

$(VENV)/dev.stamp: $(VENV)/train.stamp
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train,dev]'
	touch $@

$(VENV)/docs.stamp: $(VENV)/train.stamp
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train,docs]'
	touch $@

$(VENV)/backends.stamp: $(VENV)/dev.stamp
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train,dev,jax,torch]'
	touch $@

# What a training withstands, at length: an hour on two cores. The results are kept in benchmarks/results.
faults: $(VENV)/backends.stamp
	$(BIN)/python benchmarks/training_kills.py --backend tensorflow --kills 100
	KERAS_BACKEND=jax $(BIN)/python benchmarks/training_kills.py --backend jax --kills 10
	KERAS_BACKEND=torch $(BIN)/python benchmarks/training_kills.py --backend torch --kills 10
	$(BIN)/python benchmarks/training_disk.py
	$(BIN)/python benchmarks/training_pairs.py --pairs 20
	$(BIN)/python benchmarks/checkpoint_cost.py
	$(BIN)/python benchmarks/data_check.py --labels
	INKLENS_EXAMPLES=250 $(BIN)/python -m pytest tests/faults/test_hostile_inputs.py tests/datasets/test_download.py

clean:
	rm -rf $(VENV)
