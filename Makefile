# Two commands do all the set-up: `make demo` and `make test`. Both need Python 3.11 or later, pip and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# The backends that the tests run besides TensorFlow; `make test BACKENDS=` leaves them out.
BACKENDS ?= jax,torch

.PHONY: demo test lint check clean

demo: $(VENV)/train.stamp
	$(BIN)/inklens train

test: lint
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/venv.stamp:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or later is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv --clear $(VENV)
	touch $@

$(VENV)/train.stamp: $(VENV)/venv.stamp pyproject.toml constraints.txt
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train]'
	touch $@

$(VENV)/dev.stamp: $(VENV)/train.stamp
	$(PIP) install --quiet --constraint constraints.txt --editable '.[train,dev$(if $(BACKENDS),$(comma)$(BACKENDS))]'
	touch $@

comma := ,

clean:
	rm -rf $(VENV)
