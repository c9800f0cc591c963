# make setup   a .venv with everything in it, the built web app included
# make demo    from a real person's chat to a bot in your browser
# make test    every test, the real browser included
# make check   format, lint, types, layers, docs
# make format  mend what the formatters can mend
# make docs    write the command reference anew

PYTHON ?= python3
BIN := .venv/bin
FRONTEND := $(shell find frontend -type f -not -path '*/node_modules/*' -not -path '*/dist/*')

.PHONY: setup demo test check format docs clean

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt $(FRONTEND)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ElvisBot needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/pip || { rm -rf .venv; $(PYTHON) -m venv .venv; }
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@echo "Installing ElvisBot and its libraries: about 2 GB, which takes some minutes"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev --editable '.[train,iphone]'
	@touch $@

demo: setup
	$(BIN)/elvisbot demo

test: setup
	$(BIN)/python -m tests.browser
	$(BIN)/python -m tests.frontend test
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.frontend check
	$(BIN)/python -m pytest -q tests/test_docs.py

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tests.frontend format

docs: setup
	$(BIN)/python -m docs.reference

clean:
	rm -rf .venv frontend/node_modules frontend/dist src/elvisbot/web/static
