# Everything a user or developer runs. `make demo` and `make test` set themselves up.
# Needs Python 3.12 or newer, make and git.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

# Without compiled modules every command would start three times slower.
unexport PYTHONDONTWRITEBYTECODE
# Processes share the cores; threads of linear algebra on small matrices only wait for each other.
test quick test-all: export OPENBLAS_NUM_THREADS = 1

.PHONY: demo demo-screen test quick test-all check format bench calibration docs clean

demo: $(VENV)/installed                ## run the main job on the bundled example
	@mkdir -p demo
	$(BIN)/nestimate compare examples/mice.csv --value glucose --group arm --unit mouse \
		--rope=-0.3,0.3 --json demo/answer.json --report demo/report.html --overwrite

# A scheduler and two workers of Dask on this machine, as on a cluster; they end with the screen.
demo-screen: $(VENV)/test              ## screen 20,000 made-up proteins on two Dask workers
	@mkdir -p demo
	$(BIN)/python examples/make_screen.py demo/proteins.parquet
	$(BIN)/dask scheduler --host 127.0.0.1 --port 8786 --no-dashboard \
		>demo/scheduler.log 2>&1 & scheduler=$$!; \
	$(BIN)/dask worker tcp://127.0.0.1:8786 --nworkers 2 --nthreads 1 \
		--no-dashboard >demo/workers.log 2>&1 & workers=$$!; \
	trap 'kill $$workers $$scheduler 2>/dev/null' EXIT INT TERM; sleep 5; \
	$(BIN)/nestimate screen demo/proteins.parquet --endpoint protein --value log2 --group arm \
		--unit mouse --out demo/hits.parquet --report demo/screen.html --figure demo/volcano.png \
		--scheduler tcp://127.0.0.1:8786 --overwrite

test: $(VENV)/test                     ## the fast tests
	$(BIN)/pytest -n auto --maxprocesses 8 --dist worksteal

quick: $(VENV)/test                    ## half of the fast tests, in under a minute
	$(BIN)/pytest -n auto --maxprocesses 2 --dist worksteal -m "quick and not slow"

test-all: $(VENV)/bench dist/axe       ## all tests: PyMC twins, calibration, random designs
	$(BIN)/pytest -m "slow or not slow" --thorough

# The page is tested for accessibility by axe-core, where npm is.
dist/axe:
	@mkdir -p $@ && cd $@ && npm pack --silent axe-core@4.14.1 && tar -xzf axe-core-*.tgz || \
		echo "axe-core is not there: its test is skipped"

check: $(VENV)/test                    ## formatting, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/test
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/bench                   ## speed beside PyMC, nutpie and Bambi
	$(BIN)/python -m bench

# Records of an interrupted run are used by the next one.
calibration: $(VENV)/test              ## simulation-based calibration; writes docs/calibration.md
	PYTHONPATH=tests $(BIN)/python docs/calibrate.py $(VENV)/calibration.jsonl
	rm $(VENV)/calibration.jsonl

docs: $(VENV)/docs                     ## the site: build/site/index.html; every cell is run
	$(BIN)/sphinx-build -q -W --keep-going -j auto docs build/site

clean:
	rm -rf $(VENV) demo dist docs/gallery docs/jupyter_execute build .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/created:
	@test -n "$(PYTHON)" || { echo "nestimate needs Python 3.12 or newer; none was found. \
	Install it, or name it: make PYTHON=/path/to/python $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/installed: $(VENV)/created pyproject.toml constraints.txt
	$(INSTALL) "pip>=25.1"
	$(INSTALL) --editable .
	@touch $@

$(VENV)/test: $(VENV)/installed
	$(INSTALL) --group test --group check --editable '.[arviz]'
	@touch $@

$(VENV)/docs: $(VENV)/installed
	$(INSTALL) --group docs --editable '.[arviz]'
	@touch $@

$(VENV)/bench: $(VENV)/test
	$(INSTALL) --group bench --editable '.[arviz,pymc]'
	@touch $@
