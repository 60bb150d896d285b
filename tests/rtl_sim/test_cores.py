# SPDX-License-Identifier: Apache-2.0
"""The Verilog of the three boards' own behaviour, on Icarus, against vectors and the Python twins."""

import shutil
from pathlib import Path

import flatsat.boards
import flatsat.rtl_sim
import pytest

get_runner = pytest.importorskip("cocotb_tools.runner", reason="cocotb is not installed").get_runner

HERE = Path(__file__).parent
RTL = Path(flatsat.rtl_sim.__file__).parent / "rtl"
REGISTERS = Path(flatsat.boards.__file__).parent / "registers"

CODER = ["cadu_coder", "reed_solomon", "randomizer"]
SOURCES = {
    "power": ["power_core", "current_limiter"],
    "compute": ["compute_core", "compute_node", "compute_work"],
    "laser": ["laser_core", *CODER],
}
CORES = {"power": "power", "compute": "compute", "laser": "laser", "uplink": "laser"}  # of each program

pytestmark = [
    pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed"),
    pytest.mark.timeout(100),  # also ends the simulator
]


def simulate(folder: Path, top: str, sources: list[str], bench: str, environment: dict[str, str]) -> None:
    runner = get_runner("icarus")
    runner.build(
        sources=[RTL / f"{name}.v" for name in sources],
        hdl_toplevel=top,
        includes=[REGISTERS],
        build_dir=folder,
        timescale=("1ns", "1ps"),
    )
    runner.test(test_module=bench, hdl_toplevel=top, build_dir=folder, test_dir=folder, extra_env=environment)


@pytest.fixture(autouse=True)
def benches_in_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HERE)


def test_coder(tmp_path: Path) -> None:
    simulate(tmp_path, "cadu_coder", CODER, "coder_bench", {})


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("program", CORES)
def test_core_equals_its_twin(program: str, seed: int, tmp_path: Path) -> None:
    core = CORES[program]
    environment = {"CORE": core, "PROGRAM": program, "PROGRAM_SEED": str(seed)}
    simulate(tmp_path, f"{core}_core", SOURCES[core], "core_bench", environment)
