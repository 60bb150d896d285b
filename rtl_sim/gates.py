# SPDX-License-Identifier: Apache-2.0
"""Simulator `gates`: the boards as yosys's netlists of iCE40 cells, hosts and monitor still Verilog, all of it through Verilator."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import build as common
from . import synthesis, verilator
from .build import HERE, RTL, Progress, Simulator

PROGRAM = "gates"
NETLIST = HERE / "netlist"
BENCH = ("bench_top", "uart_host", "uart_rx", "uart_tx", "optical_monitor", "clock_gate")
LUT_MAP = "lut_map.v"
SHORT_NAMES = "rename -hide w:* c:* %%"  # yosys makes names of a line each, which cost the compiler more than logic does
NETLIST_FLAGS = ("-Wno-fatal", "-Wno-lint", "-Wno-style")  # netlists and cells are not ours


def build(progress: Progress = lambda line: None) -> Simulator:
    """Build the simulator of the netlists, or find it built.

    Raises:
        BuildError: a package or tool is missing, or a step failed.
    """
    tools = synthesis.versions()
    identity = common.build_id()
    sources = [*common.verilog_sources(), *sorted(NETLIST.glob("*.v"))]
    model = verilator.Model(
        program=PROGRAM, title=f"gates {verilator.title()} {tools[0]}",
        recipe=(PROGRAM, synthesis.SYNTHESIS, SHORT_NAMES, *NETLIST_FLAGS, *tools), sources=sources,
        arguments=lambda folder, lock: _arguments(identity, folder, lock),
        told="building the simulator of the gates (once per change of its sources, some minutes)",
    )  # fmt: skip
    return verilator.build_model(model, identity, progress)


def _arguments(identity: int, folder: Path, lock: int) -> list[str]:
    names = synthesis.stage(folder)
    shutil.copyfile(NETLIST / LUT_MAP, folder / LUT_MAP)
    for number, board in enumerate(synthesis.BOARDS):
        gates = f"{board}_gates"
        parameters = {"BOARD": str(number), "BUILD_ID": synthesis.verilog_constant(identity)}
        netlist = f"{SHORT_NAMES}; techmap -map {LUT_MAP}; opt_clean; rename board {gates}; write_verilog -noattr {gates}.v"
        synthesis.synthesise(f"yosys_{board}", "board", parameters, netlist, names, folder, lock)
    netlists = [str(folder / f"{board}_gates.v") for board in synthesis.BOARDS]
    bench = [str(RTL / f"{name}.v") for name in BENCH]
    return [*NETLIST_FLAGS, *bench, str(NETLIST / "board.v"), str(synthesis.cells()), *netlists]
