# SPDX-License-Identifier: Apache-2.0
"""The wheel's smoke test itself: what it must not let pass."""

import importlib.util
import json
from pathlib import Path

import pytest

found = importlib.util.spec_from_file_location("smoke", Path(__file__).with_name("smoke.py"))
smoke = importlib.util.module_from_spec(found)
found.loader.exec_module(smoke)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Steps that succeed without being run, where the doctor finds `rtl`; returns the commands."""
    commands = []

    def furnish(rtl):
        def step(name, command, folder, codes=None):
            commands.append(" ".join(command))
            if name.startswith(("run", "report")):
                (folder / "run-twin").mkdir(exist_ok=True)
                (folder / "run-twin" / "report.html").write_text("<html>")
            (folder / "packets.csv").write_text("," * 1001)
            ready = {"ready": {"twin": True, "rtl": rtl}, "trace_sha256": "ab"}
            return "leo-orbit" if name == "scenarios" else json.dumps(ready)

        monkeypatch.setattr(smoke, "step", step)
        return commands

    return furnish


@pytest.mark.parametrize(
    ("wanted", "ready", "flown"),
    [(None, None, None), (None, "icarus", "icarus"), ("icarus", "verilator", "icarus")],
)
def test_the_verilog_flies_where_it_can_and_always_where_it_is_demanded(
    installed, tmp_path, wanted, ready, flown
):
    commands = installed(ready)
    smoke.use(Path("flatsat"), tmp_path, wanted)
    assert [command.split("--sim ")[1].split()[0] for command in commands if "--sim" in command] == (
        [flown] if flown else []
    )
    assert "flatsat report run-twin" in commands


def test_a_demanded_simulator_that_is_not_there_is_a_failure(installed, tmp_path):
    installed(None)
    with pytest.raises(AssertionError, match="no simulator here"):
        smoke.use(Path("flatsat"), tmp_path, "verilator")
