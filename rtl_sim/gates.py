# SPDX-License-Identifier: Apache-2.0
"""Simulator `gates`: the boards as yosys's netlists of iCE40 cells, hosts and monitor still Verilog, through Verilator."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from . import build as common
from . import synthesis, verilator
from .build import HERE, RTL, Progress, Simulator

PROGRAM = "gates"
NETLIST = HERE / "netlist"
BENCH = ("bench_top", "uart_host", "uart_rx", "uart_tx", "optical_monitor", "clock_gate")
LUT_MAP = "lut_map.v"
# The same cells, written so that Verilator and g++ take minutes, not hours: short names, one wire a bit, LUTs as shifts.
NOTATION = f"rename -hide w:* c:* %%; techmap -map {LUT_MAP}; splitnets; opt_clean"
NETLIST_FLAGS = ("-Wno-fatal", "-Wno-lint", "-Wno-style")  # netlists and cells are not ours
MAKE_VARIABLES = ("OPT_FAST=-O1",)


def build(progress: Progress = lambda line: None) -> Simulator:
    """Build the simulator of the netlists, or find it built.

    Raises:
        BuildError: a package or tool is missing, or a step failed.
    """
    tools = synthesis.versions()
    identity = common.build_id()
    model = verilator.Model(
        program=PROGRAM, title=f"gates {verilator.title()} {tools[0]}",
        recipe=(PROGRAM, synthesis.SYNTHESIS, NOTATION, *NETLIST_FLAGS, *tools),
        sources=[*common.verilog_sources(), *sorted(NETLIST.glob("*.v"))],
        arguments=lambda folder, lock: _arguments(identity, folder, lock), make_variables=MAKE_VARIABLES,
        told="building the simulator of the gates (once per change of its sources, some minutes)",
    )  # fmt: skip
    return verilator.build_model(model, identity, progress)


def _arguments(identity: int, folder: Path, lock: int) -> list[str]:
    names = synthesis.stage(folder)
    shutil.copyfile(NETLIST / LUT_MAP, folder / LUT_MAP)

    def netlist(number: int) -> str:
        gates = f"{synthesis.BOARDS[number]}_gates"
        parameters = {"BOARD": str(number), "BUILD_ID": synthesis.verilog_constant(identity)}
        output = f"{NOTATION}; rename board {gates}; write_verilog -noattr {gates}.v"
        synthesis.synthesise(f"yosys_{gates}", "board", parameters, output, names, folder, lock)
        return str(folder / f"{gates}.v")

    with ThreadPoolExecutor() as pool:
        netlists = list(pool.map(netlist, range(len(synthesis.BOARDS))))
    bench = [str(RTL / f"{name}.v") for name in BENCH]
    return [*NETLIST_FLAGS, *bench, str(NETLIST / "board.v"), str(synthesis.cells()), *netlists]
