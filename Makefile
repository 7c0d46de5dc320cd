# make demo    train on real photos and show what comes out
# make test    every test
# make check   format, lint, types, import contracts, documentation, fast tests: before every commit
# make bench   a short form of every benchmark, and what got slower or worse than in benchmarks/results
# make docs    the documentation as web pages, into build/docs
# make notebooks   the chapters of examples/ as notebooks, run from start to end, into build/notebooks
# Each one first makes .venv and installs what it needs there; that is done once.

.POSIX:
.PHONY: help demo test check lint bench docs notebooks clean

VENV = .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --quiet --disable-pip-version-check install --constraint constraints.txt
# Choose another Python with: make demo PYTHON=python3.13
PYTHON =
# With torch too, and the tests that need it: make test EXTRAS=dev,train (on Linux the plain package index gives a torch of 3 GB)
EXTRAS = dev
# A worker a core, each with whole files of tests
SIDE_BY_SIDE = -n auto --dist loadfile

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

demo: $(VENV)/.demo
	@sh tools/demo.sh

test: $(VENV)/.$(EXTRAS)
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE)

check: lint
	@echo "fast tests"
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow"

lint: $(VENV)/.$(EXTRAS)
	@echo "format" && $(BIN)/ruff format --check .
	@echo "lint" && $(BIN)/ruff check --quiet .
	@echo "types" && $(BIN)/mypy
	@echo "types of JavaScript" && sh tools/javascript/check.sh
	@echo "import contracts" && $(BIN)/lint-imports --no-cache --no-logo
	@echo "documentation" && $(BIN)/python tools/docs.py check

bench: $(VENV)/.$(EXTRAS)
	@$(BIN)/python benchmarks/again.py

notebooks: $(VENV)/.$(EXTRAS)
	@$(BIN)/python tools/notebooks.py build build/notebooks

docs: $(VENV)/.$(EXTRAS)
	@$(BIN)/python tools/docs.py build build/docs

clean:
	rm -rf $(VENV) build dist

$(VENV)/.made:
	@sh tools/make_venv.sh $(VENV) $(PYTHON)
	@touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing Vitreous and what it needs into $(VENV) (160 MB to download, once) ..."
	@$(PIP) --editable .
	@touch $@

$(VENV)/.$(EXTRAS): $(VENV)/.made pyproject.toml constraints.txt
	@echo "Installing Vitreous and the tools for its tests into $(VENV) (210 MB to download, once; 450 MB with torch) ..."
	@$(PIP) --editable ".[$(EXTRAS)]"
	@touch $(VENV)/.demo $@
