# Each target makes its own .venv from nothing. Nothing here needs more than Python 3.11+, make and git;
# `make test` also installs Mosquitto and dbus-daemon where they are missing (as root or with sudo).
.PHONY: help demo test check bench soak test-bluez accuracy fuzz deb test-deb test-install lock clean
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

help:       ## what there is
	@grep -hE '^[a-z-]+: .*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

$(BIN)/.sim: requirements/sim.txt pyproject.toml scripts/venv
	@scripts/venv "$(PYTHON)" $(VENV) sim
	@touch $@

$(BIN)/.dev: requirements/sim.txt requirements/dev.txt requirements/proxy.txt pyproject.toml scripts/venv
	@scripts/venv "$(PYTHON)" $(VENV) dev
	@touch $@ $(BIN)/.sim

demo: $(BIN)/.sim ## a simulated patient, from radio packet to MQTT record (ARGS="--duration 20 --no-tty")
	@$(BIN)/ptdevice-sim demo $(ARGS)

test: $(BIN)/.dev ## everything that is claimed is proven (ARGS="-k journal")
	@scripts/test-components
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: $(BIN)/.dev ## format, lint, types, architecture
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(BIN)/.dev ## the numbers in the README, side by side in one run
	@scripts/test-components
	@$(BIN)/python -m benchmarks $(ARGS)

test-bluez: $(BIN)/.dev ## a real bluetoothd in an emulated machine against the simulated units (ARGS=--record)
	@scripts/bluez-machine "$(abspath $(BIN)/python)" build/bluez
	@$(BIN)/python -m tests.simulators.carriers.bluez.machine build/bluez $(ARGS)

soak: $(BIN)/.dev ## the daemon for hours, with a fault every few seconds (HOURS=2, fractions too; ARGS="--seed 2")
	@scripts/test-components
	@$(BIN)/python -m benchmarks.soak --hours $(or $(HOURS),2) $(ARGS)

accuracy: $(BIN)/.dev ## the counter against recordings of real people (DATA=folder with index.json)
	@$(BIN)/python -m benchmarks.accuracy $(if $(DATA),--data $(DATA)) $(ARGS)

fuzz: $(BIN)/.dev ## arbitrary bytes against the codecs (SECONDS=60)
	@scripts/fuzz $(or $(SECONDS),60)

deb: $(BIN)/.sim ## dist/ptdevice_VERSION_ARCH.deb for this machine (DEB_VERSION=0.0.1)
	@scripts/build-deb $(DEB_VERSION)

test-deb: $(BIN)/.dev ## that package in a clean debootstrap root: installed, run by systemd, upgraded, removed (as root)
	@scripts/test-deb $(ARGS)

test-install: ## docs/install.md, followed in a Debian with nothing in it (as root, some minutes)
	@scripts/test-install $(ARGS)

lock: $(BIN)/.dev ## renew the pinned, hashed requirements
	@scripts/lock

clean:      ## remove what make made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
