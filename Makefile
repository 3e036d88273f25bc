# One target per task. Needs Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check
# uv installs in a fifth of the time; where it reaches no registry, pip does, which knows settings of its own.
install = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) || $(PIP) --require-hashes -r $(1)

# Modules are compiled once and not by every process of the tests anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test env check types imports tests mutants golden reference docs screenshots lock clean

help:            ## this list
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: .*## /\t/'

demo: env        ## make the environment and show one parcel's whole journey, ending with the running service
	$(BIN)/parcel-risk demo

test: .venv/test check  ## every check and every test
	$(MAKE) --jobs=2 --output-sync env types imports
	$(MAKE) tests

env: .venv/run   ## the environment alone, in .venv, with its kernels compiled
	$(BIN)/python -m features.ahead

.venv/run: requirements.lock requirements-uv.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r requirements-uv.lock
	$(call install,requirements.lock)
	$(PIP) --no-deps --no-build-isolation -e .
	touch $@

.venv/test: .venv/run requirements-test.lock
	$(call install,requirements-test.lock)
	touch $@

check: .venv/test    ## style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/test    ## mypy, strict
	$(BIN)/mypy

imports: .venv/test  ## who may import whom
	$(BIN)/lint-imports

tests: .venv/test    ## all tests, on two cores
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 20

mutants: .venv/test  ## put single faults into a copy of the checkout and see that the tests notice them
	$(BIN)/python -m tests.mutants.run

golden: .venv/run    ## rewrite the golden log and the feature rows computed from it
	$(BIN)/python -m tests.golden.make

reference: .venv/run ## train the reference bundle again, on synthetic data
	$(BIN)/python -m parcel_risk.reference

docs: .venv/run      ## rewrite the generated pages in docs/
	$(BIN)/python -m tests.docs.make

screenshots: .venv/test  ## make the pictures in docs again: the station, reports and MLflow, the notebooks
	$(BIN)/python -m tests.serving.pages.screenshots
	$(BIN)/python -m tests.training.screenshots
	$(BIN)/python -m tests.notebooks.make

lock: .venv/test     ## resolve the dependencies again, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --extra test -c requirements.lock pyproject.toml -o requirements-test.lock
	echo uv | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -c requirements-test.lock - -o requirements-uv.lock

clean:           ## remove the environment and what the demonstration made
	rm -rf .venv var models/parcel-risk-* models/CHAMPION models/CHAMPIONS
