# Two commands do all the set-up on a fresh machine: `make report` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
export PIP_CONSTRAINT := $(CURDIR)/constraints.txt
SAMPLE := sample/spx_quotedata.csv

.PHONY: report test test-all test-browser bench lint types examples lock clean

report: $(BIN)/gex
	@mkdir -p sample
	@$(BIN)/gex sample --to $(SAMPLE)
	@$(BIN)/gex report $(SAMPLE)
	@echo "Your own file: $(BIN)/gex report YOUR_FILE.csv"

test: $(VENV)/.test
	$(BIN)/python -m pytest -q -m "not slow and not browser" tests

test-all: $(VENV)/.test
	$(BIN)/python -m pytest -q -m "not browser" tests

# Pages in Chromium, and requests made up from the API's description.
test-browser: $(VENV)/.browser
	$(BIN)/python -m pytest -q -m browser tests

# The peers and our own other builds get folders under .bench/; benchmarks/REPORT.md is what this run found, written
# whether or not a topic failed. TOPICS="american or gamma" runs some (pytest -k), and reports to .bench/.
bench: REPORT = $(if $(TOPICS),.bench,benchmarks)/REPORT.md
bench: $(VENV)/.test
	@$(BIN)/python -m benchmarks.environments
	@$(BIN)/python -m benchmarks.builds
	@rm -f .bench/results.json
	$(BIN)/python -m pytest -q -s benchmarks -o addopts="--import-mode=importlib" $(if $(TOPICS),-k "$(TOPICS)") \
		--benchmark-columns=min,median,rounds --benchmark-json=.bench/results.json; status=$$?; \
		$(BIN)/python -m benchmarks.report .bench/results.json $(REPORT) && exit $$status

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest --mypy-config-file pyproject.toml gex.pricing._kernel gex.pricing._rows \
		gex.pricing._american gex.pricing._cash gex.ingest.trades._tail gex.microstructure._sides

examples: $(BIN)/gex
	$(BIN)/python tests/run_readme.py README.md

# The lowest supported Python resolves versions that every later one can install as well.
lock:
	rm -rf .lock && $(PYTHON) -m venv .lock
	PIP_CONSTRAINT= .lock/bin/python -m pip -q install -e '.[test,dev,browser]'
	.lock/bin/python -m pip freeze --all --exclude-editable --exclude pip > constraints.txt
	rm -rf .lock

# A build folder left from before would ship modules that have been deleted since.
$(BIN)/gex: pyproject.toml setup.py constraints.txt $(wildcard pricing/*.pyx pricing/*.h gex/microstructure/*.pyx ingest/trades/*.pyx)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gex needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@rm -rf build
	@echo "installing into $(VENV) ..."
	@$(PIP) install -e .
	@touch $@

# What an extra asks for, without compiling the project again as `pip install -e '.[test]'` would.
EXTRA = import sys, tomllib; \
	print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"][sys.argv[1]], sep="\n")

$(VENV)/.test: $(BIN)/gex
$(VENV)/.dev $(VENV)/.browser: $(VENV)/.test
$(VENV)/.test $(VENV)/.dev $(VENV)/.browser:
	@$(BIN)/python -c '$(EXTRA)' $(subst .,,$(@F)) >$@.txt
	@$(PIP) install -r $@.txt
	@touch $@

clean:
	rm -rf build dist sample *.egg-info .lock .bench $(VENV) pricing/_*.c pricing/*.so
