# hamon: what there is to run. On a fresh Debian or Ubuntu machine each target installs what it lacks; packages that bring services
# wait for a word of yours (deploy/lab/prepare.sh).
VENV ?= .venv
PYTHON := $(VENV)/bin/python
HAMON := $(VENV)/bin/hamon

.PHONY: help demo demo-web test test-all unit lint lab matrix bench docs story picture wheel deb lock sbom audit clean
help:
	@echo "make demo      a real cloud in a pocket, watched by a real Nagios: three failures caught and healed"
	@echo "make demo-web  the same cloud with the Nagios web interface on loopback"
	@echo "make unit      unit tests and recorded states: a minute"
	@echo "make test      lint, unit tests, and the core failures of every profile of the lab: under 25 minutes on two cores"
	@echo "make test-all  the same with every failure"
	@echo "make lab       the cloud alone, with a shell in it"
	@echo "make matrix    every failure of the lab, and what saw it: docs/detection-matrix.md"
	@echo "make bench     costs, as ratios measured in one run; what a hostile member can do to a verdict"
	@echo "make docs      the pages of the checks, from their statements"
	@echo "make wheel     dist/hamon_openstack-*.whl, for pip"
	@echo "make deb       dist/hamon_*.deb: hamon in /opt/hamon with all it needs, manual pages and completion"
	@echo "make lock      requirements/*.txt: the libraries of a release, each with its hashes"
	@echo "make sbom      dist/hamon.cdx.json: what is in it (CycloneDX)"
	@echo "make audit     known vulnerabilities of these libraries"

$(VENV)/ready: pyproject.toml deploy/lab/prepare.sh
	bash deploy/lab/prepare.sh venv $(VENV)
	touch $@

demo: $(VENV)/ready
	@bash deploy/lab/prepare.sh packages $(VENV) || true
	@$(HAMON) demo

demo-web: $(VENV)/ready
	@bash deploy/lab/prepare.sh packages $(VENV) web
	@$(HAMON) lab web

lab: $(VENV)/ready
	@bash deploy/lab/prepare.sh packages $(VENV)
	@$(HAMON) lab shell

matrix: $(VENV)/ready
	@bash deploy/lab/prepare.sh packages $(VENV)
	@$(HAMON) lab matrix --out docs/detection-matrix.md --json docs/detection-matrix.json

test: $(VENV)/ready
	@bash deploy/lab/prepare.sh packages $(VENV) || true
	$(MAKE) --no-print-directory lint
	$(PYTHON) -m pytest -m "not full"

test-all: $(VENV)/ready
	@bash deploy/lab/prepare.sh packages $(VENV) || true
	$(MAKE) --no-print-directory lint
	$(PYTHON) -m pytest

unit: $(VENV)/ready
	$(PYTHON) -m pytest -m "not lab"

lint: $(VENV)/ready
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# The recorded story of `hamon demo --replay`, and the picture in the README: both from live labs.
story: $(VENV)/ready
	$(PYTHON) -m hamon.lab.proof.story deploy/lab/proof/recordings

picture: $(VENV)/ready
	@bash deploy/lab/prepare.sh packages $(VENV) web
	@$(HAMON) lab picture --out docs/nagios-split-brain.png

# A plain installation: an editable one makes every start slower, `python -c pass` too, and the ratios too kind.
bench: $(VENV)/ready
	$(PYTHON) -m venv build/bench
	build/bench/bin/pip install -q --disable-pip-version-check .
	build/bench/bin/python bench/process_cost.py
	$(PYTHON) bench/generator.py
	$(PYTHON) bench/queues.py
	PYTHONPATH=. $(PYTHON) bench/trust.py

docs: $(VENV)/ready
	$(HAMON) checks --write docs/checks

# What an earlier build left would be packed again.
wheel: $(VENV)/ready
	rm -rf build/lib build/bdist.*
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(VENV)/bin/pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w dist .
	@ls dist/*.whl

# Tools of a release, in an environment of their own.
RELEASE := build/release/bin
build/release/ready: pyproject.toml
	python3 -m venv build/release
	$(RELEASE)/pip install -q --disable-pip-version-check '.[release]'
	touch $@

# Versions stay while they fit; UPGRADE=--upgrade takes the newest.
lock: build/release/ready
	for extra in node server; do \
	  UV_CUSTOM_COMPILE_COMMAND="make lock" $(RELEASE)/uv pip compile -q --universal --python-version 3.11 --generate-hashes $(UPGRADE) \
	    $$([ $$extra = node ] || echo --extra $$extra) -o requirements/$$extra.txt pyproject.toml || exit; \
	done

# Of an environment with what the lock has: that knows licences, and what needs what.
sbom: build/release/ready
	@rm -rf build/sbom && mkdir -p dist
	@python3 -m venv --without-pip build/sbom
	@$(RELEASE)/pip -q --disable-pip-version-check --python build/sbom/bin/python install --require-hashes -r requirements/server.txt
	@$(RELEASE)/pip -q --disable-pip-version-check --python build/sbom/bin/python install --no-deps .
	@sed "s/^dynamic = .*/version = \"$$(sed -n 's/^__version__ = "\(.*\)"$$/\1/p' hamon/__init__.py)\"/" pyproject.toml > build/sbom/pyproject.toml
	@$(RELEASE)/cyclonedx-py environment build/sbom/bin/python --pyproject build/sbom/pyproject.toml --output-reproducible -o dist/hamon.cdx.json
	@ls dist/hamon.cdx.json

audit: build/release/ready
	@$(RELEASE)/python deploy/release/audit.py

deb:
	@bash deploy/deb/build.sh dist

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
