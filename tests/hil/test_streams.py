# SPDX-License-Identifier: Apache-2.0
"""Tables on terminals of any width: nothing is cut, and no line is broken."""

import os
import pty
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest
from flatsat.hil.display import show_summary
from flatsat.hil.streams import Output
from rich.table import Table

CELLS = ("downlink.packets_altered", "1,247,025", "TAI - UTC = 37 s since 2017-01-01")
SUMMARY: dict[str, Any] = {
    "verdict": "pass", "scenario": "ci-120", "backend": "twin", "seed": 1, "simulated_s": 120.0, "wall_s": 1.0,
    "real_time_factor": 120.0, "faults": [], "telecommands": [], "trace_sha256": "0" * 64,
    "compute": {"delivered": 1.0, "bound": None, "fraction_of_bound": None},
    "measurements": [
        {"name": f"downlink.packets_{what}", "value": 0, "unit": "1", "low": None, "high": 0, "verdict": "pass"}
        for what in ("lost", "altered")
    ],
}  # fmt: skip


def print_table() -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_row(*CELLS)
    Output().table(table)


@pytest.mark.parametrize("columns", [1, 20, 40, 80, 200])
def test_a_table_is_the_same_at_any_width(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    print_table()
    assert capsys.readouterr().out == "  ".join(CELLS) + "\n"


def test_a_table_on_a_terminal_of_40_columns() -> None:
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 40))
    program = (
        "from flatsat.hil.streams import Output; from rich.table import Table; table = Table(box=None, pad_edge=False, "
        f"show_header=False); table.add_row(*{CELLS}); Output().table(table)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-c", program]
    subprocess.run(command, stdin=follower, stdout=follower, stderr=follower, env=environment, check=True)
    os.close(follower)
    told = os.read(leader, 4096).decode()
    os.close(leader)
    assert told.splitlines() == ["  ".join(CELLS)]


def test_a_verdict_on_40_columns_names_every_measurement(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    show_summary(SUMMARY, tmp_path)
    told = capsys.readouterr().out
    assert "downlink.packets_lost " in told
    assert "downlink.packets_altered " in told
    assert "…" not in told
