# novalite: `make help` lists what there is.

VENV ?= .venv
# What Debian calls python3; any interpreter from 3.11 on will do.
PYTHON ?= python3
STATE ?= /var/lib/novalite
URL ?= http://127.0.0.1:8774
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
BIN := $(VENV)/bin
NOVALITE := $(SUDO) $(BIN)/novalite

.DEFAULT_GOAL := help
.PHONY: help install image host test-packages up down demo demo-multi test unit functional integration lint \
	format docs tempest bench clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16

# ---- what everything needs ----

$(VENV)/.runtime: pyproject.toml
	@tools/host/install.sh tools/host/packages-python.txt
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@echo "installing Python packages into $(VENV)"
	@$(BIN)/pip install -q --disable-pip-version-check -e '.[libvirt,mysql,postgresql]'
	@touch $@

$(VENV)/.tests: $(VENV)/.runtime
	@$(BIN)/pip install -q --disable-pip-version-check -e '.[libvirt,mysql,postgresql,clients,dev]'
	@touch $@

install: $(VENV)/.runtime ## a virtual environment with novalite in it

host: $(VENV)/.runtime ## Debian packages of a compute host, and a running libvirt
	@tools/host/install.sh tools/host/packages.txt
	@$(SUDO) $(abspath $(BIN))/python -m tools.host.libvirt start --state-path $(STATE)

image: $(VENV)/.runtime ## the guest image, built from Debian packages
	@tools/host/install.sh tools/host/packages.txt
	@$(SUDO) $(abspath $(BIN))/python -m tools.image.build --output $(STATE)/guest

# ---- the cloud ----

up: host image ## start the all-in-one cloud and leave it running
	@$(NOVALITE) up --state-path $(STATE) --guest-image $(STATE)/guest

down: ## stop it; servers, disks and databases stay for the next `make up`
	@$(NOVALITE) down --state-path $(STATE)

demo: up ## boot a server in it and prove that it is real; DEMO_EXIT=1 stops the cloud after that
	@$(BIN)/python -m tools.demo --url $(URL) --state-path $(STATE)
	@if [ -n "$(DEMO_EXIT)" ]; then $(MAKE) --no-print-directory down; \
	else $(NOVALITE) status --state-path $(STATE); fi

demo-multi: host image ## the same demo on separate services over RabbitMQ and MariaDB
	@tools/host/install.sh tools/host/packages-test.txt
	@$(SUDO) $(abspath $(BIN))/python -m tools.multi demo --state-path $(STATE)-multi \
		--guest-image $(STATE)/guest

# ---- the tests ----

test: test-packages lint unit functional integration ## all tests, on what they install and start themselves

# Before the unit tests too: some are skipped where there is no QEMU.
test-packages:
	@tools/host/install.sh tools/host/packages.txt tools/host/packages-test.txt

unit: $(VENV)/.tests ## logic alone
	$(BIN)/pytest -q -n auto --dist loadfile tests/unit

functional: $(VENV)/.tests ## the real WSGI pipeline on SQLite files
	$(BIN)/pytest -q -n auto --dist loadfile tests/functional

# At once; each file is one worker's. In this order the long ones come first.
WORKERS ?= 2
integration: $(VENV)/.tests test-packages ## real libvirt, RabbitMQ, MariaDB, PostgreSQL, clients
	$(SUDO) $(abspath $(BIN))/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder \
		--durations 20 tests/integration

lint: $(VENV)/.tests ## ruff, mypy, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.tests ## put the code into its one form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.tests ## reference pages and samples, from the declarations in the code
	@$(BIN)/python -m tools.docs

# Its own environment: Tempest brings its own idea of many versions.
$(VENV)-tempest/.installed:
	@tools/host/install.sh tools/host/packages-python.txt
	@[ -x $(VENV)-tempest/bin/python ] || $(PYTHON) -m venv $(VENV)-tempest
	@$(VENV)-tempest/bin/pip install -q --disable-pip-version-check 'tempest==47.*'
	@touch $@

TEMPEST_STATE ?= /tmp/novalite-tempest
tempest: $(VENV)/.runtime $(VENV)-tempest/.installed ## the unmodified OpenStack test suite; REGEX=... REPORT=docs/tempest.md
	@tools/host/install.sh tools/host/packages.txt
	@$(BIN)/python -m tools.tempest --state-path $(TEMPEST_STATE) \
		--tempest $(VENV)-tempest/bin/tempest \
		$(if $(REGEX),--regex '$(REGEX)') $(if $(REPORT),--report $(REPORT))

bench: $(VENV)/.tests ## measure it; see bench/README.md for the comparison with Nova
	$(BIN)/python -m bench.run

clean: ## remove what the targets above made in this directory
	rm -rf $(VENV) $(VENV)-tempest build *.egg-info .mypy_cache .ruff_cache .pytest_cache
