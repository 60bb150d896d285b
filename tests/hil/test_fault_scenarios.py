# SPDX-License-Identifier: Apache-2.0
"""The built-in fault scenarios: each passes on the twin, and those that exercise the boards are the same run on the Verilog."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from flatsat.hil import scenario
from flatsat.hil.backends.port import Options, open_back_end
from flatsat.hil.errors import BuildFailed
from flatsat.hil.run import Order, fly

NAMES = [name for name in scenario.builtin() if name.startswith("faults/") or name == "mass-driver-launch"]
ON_BOARDS = [
    "faults/04-over-voltage",
    "faults/13-over-charge",
    "faults/16-under-voltage",
    "faults/17-dead-bus",
    "faults/18-brown-out",
    "faults/19-inrush",
    "faults/20-latch-up",
    "faults/21-load-short",
    "faults/24-node-hang",
    "faults/27-clock-lock",
    "faults/33-bad-commands",
    "faults/34-reset-upset-clock",
    "faults/35-overrun-storm",
]


FIRST_S = {"faults/13-over-charge": 240}
"""For how long to fly where the boards act early and recovery takes hours."""


def flown(name: str, folder: Path, back_end: str, duration_s: float | None = None) -> dict:
    wanted = scenario.load(name)
    if duration_s:
        wanted = replace(wanted, duration_s=duration_s)
    options = Options(verbose=False, simulator="verilator" if back_end == "rtl" else None)
    order = Order(scenario=wanted, back_end=back_end, seed=wanted.seed, folder=folder, options=options)
    return fly(order, lambda done_s: None)[1]


@pytest.fixture(scope="module")
def on_twin(tmp_path_factory):
    """Summaries of flights on the twin, each flown once."""

    @cache
    def of(name: str, duration_s: float | None = None) -> dict:
        return flown(name, tmp_path_factory.mktemp("twin") / "run", "twin", duration_s)

    return of


@pytest.mark.parametrize("name", NAMES)
def test_passes_on_the_twin(name, on_twin):
    summary = on_twin(name)
    odd = [row for row in (*summary["faults"], *summary["telecommands"], *summary["measurements"])
           if row["verdict"] not in ("pass", None)]  # fmt: skip
    assert (summary["verdict"], odd) == ("pass", [])


@pytest.mark.parametrize("name", NAMES)
def test_says_what_is_expected_of_its_faults(name):
    """A scenario of a fault that judges nothing shows nothing."""
    wanted = scenario.load(name)
    assert any(fault.expectation for fault in wanted.faults) or wanted.telecommands


@pytest.fixture(scope="module")
def simulator():
    try:
        open_back_end("rtl", Options(verbose=False, simulator="verilator")).close()
    except BuildFailed as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", ON_BOARDS)
def test_is_the_same_run_on_the_verilog(name, tmp_path, on_twin, simulator):
    for_s = (FIRST_S[name],) if name in FIRST_S else ()
    twin, rtl = on_twin(name, *for_s), flown(name, tmp_path / "rtl", "rtl", *for_s)
    for key in ("trace_sha256", "verdict", "faults", "telecommands", "measurements"):
        assert twin[key] == rtl[key], key
