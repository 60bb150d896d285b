# SPDX-License-Identifier: Apache-2.0
"""Evidence as a scenario writes it: what is read, what holds, what is refused and with what words."""

import pytest
from flatsat.hil.backends.port import open_back_end
from flatsat.hil.bench import Bench
from flatsat.hil.cycle_status import CycleStatus
from flatsat.hil.evidence import QUANTITIES, BoardStop, Event, NoEvidence, Readings, parse
from flatsat.hil.plant import Actuators
from flatsat.hil.plant.truth import PlantTruth
from flatsat.hil.scenario import load

READINGS = Readings(
    PlantTruth(bus_voltage_v=290.0, junction_k=[300.0] * 15 + [340.0]),
    CycleStatus().held(Actuators(node_state=0b1010), 0, None),
    None,
)


@pytest.mark.parametrize(
    ("text", "evidence"), [("LINK_LOST", Event("LINK_LOST")), ("lcl_trip", BoardStop("lcl_trip"))]
)
def test_names(text, evidence):
    assert parse(text) == evidence


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("nodes_on == 2", True),
        ("nodes_on >= 3", False),
        ("nodes_on>=2", True),
        ("nodes_on != 2", False),
        ("bus_voltage_v < 3.1e2", True),
        ("bus_voltage_v < 310 and nodes_on > 1", True),
        ("bus_voltage_v < 310 and nodes_on > 2", False),
        ("junction_k[15] > 333", True),
        ("junction_k < 333", False),
        ("junction_k < 350", True),
        ("node_state[1] == 2", True),
        ("battery_w >= -1", True),
        ("mode == 0", False),
        ("mode != 0", False),
        ("flight.mode != 0", False),
    ],
)
def test_conditions(text, holds):
    assert parse(text).met(READINGS) is holds


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("LINK_LOSS", "did you mean LINK_LOST"),
        ("lcl_tripp", "did you mean lcl_trip"),
        ("node_on >= 8", "did you mean nodes_on"),
        ("nodes_on => 8", "no comparison"),
        ("nodes_on >= eight", "no comparison"),
        ("nodes_on >= 1e", "no number"),
        ("nodes_on >= 8 or mode == 2", "no comparison"),
        ("nodes_on[2] >= 8", "not recorded"),
        ("junction_k[16] > 8", "junction_k[16]"),
        ("flight.moode == 1", "did you mean flight.mode"),
        ("", "no comparison"),
    ],
)
def test_refused(text, told):
    with pytest.raises(NoEvidence) as caught:
        parse(text)
    assert told in str(caught.value)
    assert caught.value.allowed


def test_every_quantity_can_be_read_in_flight():
    bench = Bench(load("ci-120"), 1, open_back_end("twin"))
    for _ in bench.cycles(3):
        pass
    readings = bench.readings()
    for name, size in QUANTITIES.items():
        found = readings.of(name)
        assert len(found) == size if size else isinstance(found, (int, float)), name
