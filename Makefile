# Each target sets up what it needs, once, in .venv; nothing is installed elsewhere.
PYTHON ?= python3.11 python3.12 python3.13 python3# the first of these that runs and fits
CORES ?= all
ARGS ?=# more arguments for snakemake, as those of --config
SEEDS ?= 0 1 2 3 4
DATA ?= new# of seeds: new simulated data for each, or the same

.DEFAULT_GOAL := help
.PHONY: help install run seeds report test slurm-test browser-test fault-test bench check format lock schema clean
VENV := .venv
READY := $(VENV)/.ready
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:  ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 13

install: $(READY)  ## Set up .venv, and nothing else

run: $(READY)  ## Run the default experiment: from videos to the table and the figures
	snakemake --cores $(CORES) $(ARGS)

seeds: $(READY)  ## Repeat it with SEEDS="0 1 2", and put the tables together in results/seeds
	@set -e; for seed in $(SEEDS); do \
		workflow/seed.sh $$seed $(filter same,$(DATA)); \
		(cd results/seeds/$$seed && snakemake --cores $(CORES) $(ARGS)); \
	done
	python -m homecage summarize-seeds --runs $(SEEDS:%=results/seeds/%/results) \
		--options '{}' --output results/seeds
	python -m homecage write-accuracy --accuracy results/seeds/accuracy.tsv --gain results/seeds/gain.tsv \
		$$(ls results/seeds/ceiling.tsv 2>/dev/null | sed 's/^/--ceiling /') \
		--titles '{}' --html results/seeds/accuracy.html --markdown results/seeds/accuracy.md --data-label \
		"$$(sed -n 's/^Data: \(.*\)\.  $$/\1/p' results/seeds/$(firstword $(SEEDS))/results/figures/accuracy.md), seeds $(SEEDS)"

report: $(READY)  ## Write results/report.html from the results of a run
	snakemake --cores $(CORES) $(ARGS) --report results/report.html

test: $(READY)  ## Run all checks and tests
	$(MAKE) --no-print-directory check
	python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

slurm-test: $(READY)  ## Run on a real one-node Slurm, installing it where that is possible
	tests/slurm/install.sh
	python -m pytest tests/slurm

browser-test: $(READY)  ## Look at the pages in Chromium, installing it where that is possible
	tests/browser/install.sh
	python -m pytest tests/browser

fault-test: $(READY)  ## Interrupt every verb at every write, fill the disk, damage results (long)
	python -m tests.faults

bench: $(READY)  ## Measure the speed card: some five minutes, best on a machine with nothing else to do
	python -m tests.bench

check: $(READY)  ## Lint, format, types, order of the rooms, workflow
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	mypy
	lint-imports --no-cache
	python envs/lock.py --check
	snakemake --lint

format: $(READY)  ## Format the code in place
	ruff check --fix-only --quiet .
	ruff format .
	snakefmt Snakefile workflow

schema: $(READY)  ## Write the comments of config.yaml, and its JSON schema, from the options
	python -m homecage write-reference --config config.yaml --schema workflow/schemas/config.schema.json

lock: $(READY)  ## Pin the newest versions that pyproject.toml allows in envs/
	python envs/lock.py

clean:  ## Remove the environment; results stay
	rm -rf $(VENV)

# A Python fits that is new enough, not too new, and can make environments.
FITS := import ensurepip, sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))

$(READY): envs/lock.txt pyproject.toml
	@if $(VENV)/bin/python -c 'import pip; $(FITS)' 2>/dev/null; then exit; fi; \
	export PATH="$${PATH#$(CURDIR)/$(VENV)/bin:}"; \
	for python in $(PYTHON); do \
		if $$python -c '$(FITS)' 2>/dev/null; then exec $$python -m venv --clear $(VENV); fi; \
	done; \
	echo "homecage needs Python 3.11, 3.12 or 3.13, with its venv (on Debian: apt install python3-venv)." >&2; \
	echo "Tried: $(PYTHON). To name another: make PYTHON=/path/to/python3.13" >&2; \
	exit 1
	python -m pip install --quiet --no-compile --requirement envs/lock.txt
	python -m pip install --quiet --no-deps --editable .
# On all cores, and nobody's tests: pip, on one, would take as long again as it takes to install.
	python -m compileall -q -j 0 -x '/tests?/' $(VENV)/lib workflow >/dev/null || true
	touch $(READY)
