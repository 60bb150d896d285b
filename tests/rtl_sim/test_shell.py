# SPDX-License-Identifier: Apache-2.0
"""The blocks around a board's core, each on its bench, on Icarus."""

from pathlib import Path

import flatsat.rtl_sim
import pytest

RTL = Path(flatsat.rtl_sim.__file__).parent / "rtl"
BENCH = {"bench_top", "uart_host", "optical_monitor"}
RMAP = ["rmap_target", "rmap_command", "crc8_rmap"]


@pytest.mark.timeout(100)
@pytest.mark.parametrize(
    ("top", "sources"),
    [
        ("uart_rx", ["uart_rx"]),
        ("uart_tx", ["uart_tx"]),
        ("slip_rx", ["slip_rx"]),
        ("slip_tx", ["slip_tx"]),
        ("timebase", ["timebase"]),
        ("rmap_target", RMAP),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_block(top: str, sources: list[str], simulate) -> None:
    simulate(top, sources, f"{top}_bench")


@pytest.mark.timeout(100)
def test_windows_of_a_board_on_a_line(simulate) -> None:
    simulate("line_windows", ["line_windows"], "line_windows_bench", LIGHT=1)


@pytest.mark.timeout(100)
def test_the_laser_board_of_an_icebreaker(simulate) -> None:
    sources = sorted({path.stem for path in RTL.glob("*.v")} - BENCH)
    simulate("icebreaker", ["icebreaker", *sources], "icebreaker_bench", BOARD=2, CLOCKS_PER_BIT=4)
