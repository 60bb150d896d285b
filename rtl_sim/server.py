# SPDX-License-Identifier: Apache-2.0
"""Starts the simulated boards: builds the simulator where a source has changed, then becomes it.

`python -P -m flatsat.rtl_sim.server --bridge FD` serves the bench that holds the other end of that inherited socket. Progress
goes to standard output, what ends the server to standard error; status os.EX_UNAVAILABLE says that it cannot be built.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from . import build, simulators

PR_SET_PDEATHSIG = 1  # prctl(2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, then become the simulator. Returns only when there is nothing to run."""
    options = _parser().parse_args(arguments)
    if options.cache_folder:
        return _tell_cache_folder()
    if options.bridge is not None:
        if os.getpgrp() == os.getpid():  # make and its compilers end with this process
            signal.signal(signal.SIGTERM, lambda *_: os.killpg(0, signal.SIGKILL))
        _end_with(options.parent, signal.SIGTERM)
    try:
        simulator = simulators.build(options.sim, _quiet if options.quiet else _tell, warn=_tell)
        if options.bridge is not None:
            _become(simulator, serving(options.bridge, simulator, options.stimulus_on_uart), options.parent)
    except build.BuildError as error:
        print(error, file=sys.stderr)
        return os.EX_UNAVAILABLE
    return 0


def _tell_cache_folder() -> int:
    try:
        print(build.cache_folder())
    except build.BuildError as error:
        print(error, file=sys.stderr)
        return os.EX_UNAVAILABLE
    return 0


def _tell(line: str) -> None:
    print(line, flush=True)


def _quiet(line: str) -> None:
    pass


def _become(simulator: build.Simulator, variables: Mapping[str, str], parent: int) -> NoReturn:
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what cocotb and the model say is no progress
    _end_with(parent, signal.SIGKILL)  # outlives execve, unlike the handler
    os.chdir(simulator.folder)  # cocotb imports from the working directory first
    os.execve(simulator.command[0], simulator.command, {**os.environ, **variables})


def _end_with(parent: int, by: signal.Signals) -> None:
    """Have the kernel end this process with its parent, where it can; elsewhere it ends with its socket."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:
        sys.exit("the bench has gone")


def serving(descriptor: int, simulator: build.Simulator, stimulus_on_uart: bool = False) -> Mapping[str, str]:
    """Environment in which the simulator serves the bridge."""
    scripts = os.environ.get("FLATSAT_SCRIPTS")
    variables = {
        "FLATSAT_BRIDGE": str(descriptor),
        "FLATSAT_BUILD_ID": str(simulator.build_id),
        "FLATSAT_SIMULATOR": simulator.title,
        **({"FLATSAT_STIMULUS_ON_UART": "1"} if stimulus_on_uart else {}),
        **({"FLATSAT_SCRIPTS": os.path.abspath(scripts)} if scripts else {}),
    }
    return {**cocotb_environment("flatsat.rtl_sim.bridge_server"), **variables}


def cocotb_environment(test_module: str) -> Mapping[str, str]:
    """What cocotb's start-up library needs to find Python, itself and the test module.

    Raises:
        build.BuildError: this Python has no shared library.
    """
    from cocotb_tools import config

    return {
        "GPI_USERS": f"{build.libpython()};{config.pygpi_entry_point()}",
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
        "--bridge", type=int, metavar="FD", help="inherited end of the socket that the bench holds"
    )
    what.add_argument("--build-only", action="store_true", help="build the simulator and return")
    what.add_argument("--cache-folder", action="store_true", help="tell where built simulators are kept")
    parser.add_argument(
        "--sim", choices=simulators.SIMULATORS, help="simulator (the fastest that can be built)"
    )
    parser.add_argument(
        "--stimulus-on-uart", action="store_true", help="both ports of a board share its one UART"
    )
    parser.add_argument("--quiet", action="store_true", help="tell of no progress, but of a slow simulator")
    parser.add_argument(
        "--parent",
        type=int,
        metavar="PID",
        default=os.getppid(),
        help="bench to end with (whoever started this)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
