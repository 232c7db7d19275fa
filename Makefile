# make demo: records on the terminal.  make test: the whole suite.  Both set up .venv first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOCK := .ci/constraints.txt
EVERYTHING := --editable ".[cli,pcap,prove]" --group test --group tables --group check --group bench
# what builds is pinned too; a pip that does not know this variable leaves it alone
export PIP_BUILD_CONSTRAINT := $(CURDIR)/$(LOCK)

.PHONY: demo test check fuzz mutants planted mutated bench bench-compare wheels lock lock-ci clean

demo: $(READY)
	$(BIN)/gpsproto decode fixtures/demo/fleet.bin --family FMB

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fuzz: $(READY)
	$(BIN)/python tests/fuzz/run.py --seconds $$(( $(or $(MINUTES),1) * 60 ))

mutants: $(READY)
	$(BIN)/python -m tests.mutants

planted: $(READY)
	$(BIN)/python -m tests.planted $(if $(CASES),--cases $(CASES))

bench: $(READY)
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-disable-gc -q

# make bench-compare BASE=HEAD~1 [TURNS=5] [WHICH="codec08 and tracking"]
bench-compare: $(READY)
	$(BIN)/python benchmarks/compare.py $(or $(BASE),HEAD) $(or $(TURNS),3) -k "$(WHICH)"

wheels: $(READY)
	rm -rf dist
	$(BIN)/python -m build --outdir dist .

lock: $(READY)
	$(BIN)/python tests/unit/lock.py

# the newest of everything, noted for all who run the gate
lock-ci:
	rm -rf $(VENV)-lock
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	env -u PIP_BUILD_CONSTRAINT $(VENV)-lock/bin/python -m pip install --quiet $(EVERYTHING) --group fuzz "setuptools>=77"
	(echo "# what the gate runs with; make lock-ci writes it"; \
	  $(VENV)-lock/bin/python -m pip freeze --all --exclude-editable --exclude pip) > $(LOCK)
	rm -rf $(VENV)-lock

# the walk is compiled here, so a change of it makes a new set-up; pip names the extras and groups
$(READY): pyproject.toml setup.py $(wildcard src/gpsproto/walk/*.py)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --no-compile --constraint $(LOCK) $(EVERYTHING)
	touch $(READY)

clean:
	rm -rf $(VENV) build dist src/gpsproto.egg-info src/gpsproto/walk/*.so
