# The tasks of this repository. `make demo` and `make test` need Python 3.11 or newer and nothing else.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
OLDEST := .venv-oldest
PEER := .venv-peer
SPARK := .venv-spark
STAIRCASE := .venv-staircase
XES := .venv-xes
BIN := $(VENV)/bin

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test lint test-oldest test-spark lab bench staircase xes pictures screenshots gallery docs dist test-dist clean help

help:
	@echo "make demo         fetch all three levels from a CI service on this machine; CSV and pictures in demo-output/"
	@echo "make test         ruff, mypy --strict and all tests"
	@echo "make test-oldest  the tests on the oldest versions that pyproject.toml allows"
	@echo "make test-spark   the metrics on Spark's frames, with a local Spark; needs Java"
	@echo "make lab          JupyterLab on the notebooks"
	@echo "make bench        ours, the official SDK and the floor, side by side"
	@echo "make staircase    concurrency, waits and throughput against the library staircase"
	@echo "make xes          event logs, read by pm4py: the same cases and events"
	@echo "make pictures     the pictures of the README"
	@echo "make screenshots  the dashboard in a real Chromium, for the README"
	@echo "make gallery      each plot with few and many rows, none, all failed, in Chinese; gallery-output/index.html"
	@echo "make docs         the site, with the notebooks run; docs/_build/html/index.html"
	@echo "make dist         the wheel, in dist/"
	@echo "make test-dist    the wheel in a clean environment, with each extra alone"
	@echo "make clean        remove what these made"

demo: $(VENV)/demo.stamp
	$(BIN)/cijob demo --out demo-output

test: lint
	$(BIN)/python -m pytest -n auto -m "not browser and not spark"
	$(BIN)/python -m pytest -n auto -m browser

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

test-oldest: $(OLDEST)/test.stamp
	CIJOB_EXAMPLES=30 $(OLDEST)/bin/python -m pytest -n auto -m "not browser and not spark and not docs"

test-spark: $(SPARK)/test.stamp
	$(SPARK)/bin/python -m pytest -m spark

lab: $(VENV)/dev.stamp
	$(BIN)/jupyter lab notebooks

bench: $(VENV)/dev.stamp $(PEER)/peer.stamp
	$(BIN)/python -m benchmarks --peer-python $(PEER)/bin/python --page docs/benchmarks.md

staircase: $(VENV)/dev.stamp $(STAIRCASE)/peer.stamp
	$(BIN)/python -m benchmarks.staircase_check --peer-python $(STAIRCASE)/bin/python

xes: $(VENV)/dev.stamp $(XES)/peer.stamp
	$(BIN)/python -m benchmarks.xes_check --peer-python $(XES)/bin/python

pictures: $(VENV)/demo.stamp
	$(BIN)/python docs/make_pictures.py

screenshots: $(VENV)/dev.stamp
	$(BIN)/python -m docs.make_screenshots

gallery: $(VENV)/dev.stamp
	$(BIN)/python docs/make_gallery.py --out gallery-output

docs: $(VENV)/dev.stamp
	CIJOB_DOCS_EXECUTE=force $(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

dist: $(VENV)/dev.stamp
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

test-dist: dist
	$(PYTHON) tests/dist_check.py dist/*.whl

clean:
	rm -rf $(VENV) $(OLDEST) $(PEER) $(SPARK) $(STAIRCASE) $(XES) demo-output gallery-output docs/_build docs/made dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python $(OLDEST)/bin/python $(PEER)/bin/python $(SPARK)/bin/python $(STAIRCASE)/bin/python $(XES)/bin/python:
	$(PYTHON) -m venv $(@:/bin/python=)

$(VENV)/demo.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --editable ".[local,report]"
	@touch $@

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(VENV)/bin/python
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --editable ".[dev]"
	@touch $@ $(VENV)/demo.stamp

$(OLDEST)/test.stamp: pyproject.toml constraints-oldest.txt | $(OLDEST)/bin/python
	PIP_CONSTRAINT=constraints-oldest.txt $(OLDEST)/bin/python -m pip install --quiet --editable ".[test]"
	@touch $@

$(PEER)/peer.stamp: constraints.txt | $(PEER)/bin/python
	PIP_CONSTRAINT=constraints.txt $(PEER)/bin/python -m pip install --quiet cos-python-sdk-v5 pandas
	@touch $@

$(SPARK)/test.stamp: pyproject.toml constraints.txt | $(SPARK)/bin/python
	PIP_CONSTRAINT=constraints.txt $(SPARK)/bin/python -m pip install --quiet --editable ".[spark,test]"
	@touch $@

$(STAIRCASE)/peer.stamp: | $(STAIRCASE)/bin/python
	$(STAIRCASE)/bin/python -m pip install --quiet staircase
	@touch $@

$(XES)/peer.stamp: | $(XES)/bin/python
	$(XES)/bin/python -m pip install --quiet pm4py
	@touch $@
