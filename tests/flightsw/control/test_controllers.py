# SPDX-License-Identifier: Apache-2.0
"""What the controllers other than the default one do, and what every controller keeps to."""

import pytest
from flatsat.flightsw.control import limits
from flatsat.flightsw.control.choice import CONTROLLERS
from flatsat.flightsw.control.night import EARLY_S
from flatsat.flightsw.control.port import Energy, NodeCounts, Situation
from flatsat.flightsw.parameters import NODES, FlightParameters
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

PARAMETERS = FlightParameters()
NONE_ON = NodeCounts(on=0, booting=0, usable=NODES, mature=0)
ALL_ON = NodeCounts(on=NODES, booting=0, usable=NODES, mature=NODES)
THREE_ON = NodeCounts(on=3, booting=0, usable=NODES, mature=3)


def situation(state_of_charge, array_w, remaining_s, nodes=ALL_ON, **rest):
    energy = Energy(state_of_charge, array_w, array_w, 4_600.0, array_w > 0.0, remaining_s)
    return Situation(0, energy, 7_200.0, nodes, **rest)


NOON, DUSK, NIGHT = (0.9, 105e3, 1800.0), (0.99, 105e3, 60.0), (0.9, 0.0, 1000.0)
HIGH, LOW = (0.96, 105e3, 1800.0), (0.74, 105e3, 1800.0)
FULL, LOW_NIGHT = (0.9999, 105e3, 1800.0), (0.71, 0.0, 1000.0)
CEILING = "ceiling"


@pytest.mark.parametrize(
    ("name", "steps", "power_w", "nodes"),
    [
        pytest.param("sun-follow", [(*NOON, ALL_ON)], 97_502, 16, id="sun-follow-day"),
        pytest.param("sun-follow", [(*NIGHT, ALL_ON)], 0, 0, id="sun-follow-night"),
        pytest.param("sun-follow", [(*DUSK, NONE_ON)], 97_502, 0, id="sun-follow-starts-none-at-dusk"),
        pytest.param("hysteresis", [(*NOON, ALL_ON)], 0, 0, id="hysteresis-waits"),
        pytest.param("hysteresis", [(*HIGH, ALL_ON)], CEILING, 16, id="hysteresis-starts"),
        pytest.param("hysteresis", [(*HIGH, ALL_ON), (*NOON, ALL_ON)], CEILING, 16, id="hysteresis-goes-on"),
        pytest.param("hysteresis", [(*HIGH, ALL_ON), (*LOW, ALL_ON)], 0, 0, id="hysteresis-stops"),
        pytest.param("energy-balance", [(*FULL, ALL_ON)], 100_400, 16, id="balance-full"),
        pytest.param("energy-balance", [(*NOON, ALL_ON)], 95_271, 16, id="balance-charges-evenly"),
        pytest.param(
            "energy-balance", [(0.71, 105e3, 600.0, ALL_ON)], 80_400, 16, id="balance-charger-s-limit"
        ),
        pytest.param("energy-balance", [(*NIGHT, THREE_ON)], 11_987, 5, id="balance-night"),
        pytest.param("energy-balance", [(*LOW_NIGHT, THREE_ON)], 0, 0, id="balance-floor"),
        pytest.param("planner", [(*LOW_NIGHT, THREE_ON)], 0, 0, id="planner-floor"),
        pytest.param("planner", [(*FULL, ALL_ON)], 100_400, 16, id="planner-full"),
    ],
)
def test_what_is_planned(name, steps, power_w, nodes):
    controller = CONTROLLERS[name](PARAMETERS)
    plan = [controller.plan(situation(*step)) for step in steps][-1]
    assert plan.compute_w == pytest.approx(plan.ceiling_w if power_w is CEILING else power_w, abs=1.0)
    assert plan.nodes == nodes


def test_the_planner_spreads_the_night_s_energy_less_that_of_the_boots():
    plan = CONTROLLERS["planner"](PARAMETERS).plan(situation(*NIGHT, THREE_ON))
    window_s = PARAMETERS.boot_s + EARLY_S + 0.002 * PARAMETERS.cycle_ms
    spare_j = (0.9 - PARAMETERS.floor) * 25e3 * 3600 * 0.95
    boots_j = (PARAMETERS.discharge_limit_w - PARAMETERS.discharge_margin_w) * window_s
    even_w = (spare_j - boots_j) / (NIGHT[2] - window_s) - 4_600
    assert plan.compute_w == pytest.approx(even_w, rel=0.05)


def test_the_planner_works_less_before_a_longer_night():
    short = CONTROLLERS["planner"](PARAMETERS).plan(situation(0.8, 105e3, 1800.0))
    empty = CONTROLLERS["planner"](PARAMETERS).plan(situation(0.72, 105e3, 1800.0))
    assert empty.compute_w < short.compute_w


def test_the_planner_idles_while_there_is_no_room_for_results():
    stuck = situation(*NOON, backlog_s=599.0, link_up=False)
    assert CONTROLLERS["planner"](PARAMETERS).plan(stuck).compute_w < 35e3
    flowing = situation(*NOON, backlog_s=599.0, link_up=True)
    assert CONTROLLERS["planner"](PARAMETERS).plan(flowing).compute_w > 90e3


energies = st.builds(
    Energy,
    state_of_charge=st.floats(0.0, 1.0),
    array_w=st.floats(0.0, 130e3),
    array_soon_w=st.floats(0.0, 130e3),
    bus_w=st.floats(0.0, 10e3),
    in_sun=st.booleans(),
    remaining_s=st.floats(0.0, 6000.0),
    rack_w=st.floats(0.0, 130e3),
    night_s=st.floats(0.0, 3000.0),
    full_w=st.floats(1e3, 130e3),
    boost=st.floats(0.0, 0.2),
    capacity_wh=st.floats(1e3, 30e3),
    battery_ohm=st.floats(0.05, 1.0),
    deviation=st.floats(0.0, 0.1),
    night_unsure_s=st.floats(0.0, 100.0),
    array_least_w=st.none() | st.floats(0.0, 130e3),
    battery_share=st.floats(0.0, 1.0),
)
counts = st.builds(
    lambda usable, on, booting, mature: NodeCounts(
        min(on, usable), min(booting, max(usable - on, 0)), usable, min(mature, on)
    ),
    *[st.integers(0, NODES)] * 4,
)
situations = st.builds(
    Situation,
    now_ms=st.just(0),
    energy=energies,
    node_w=st.floats(0.0, 10e3),
    nodes=counts,
    backlog_s=st.floats(0.0, 600.0),
    link_up=st.booleans(),
)


@pytest.mark.parametrize("name", CONTROLLERS)
@settings(max_examples=40, deadline=None, phases=[Phase.generate])
@given(course=st.lists(situations, min_size=1, max_size=3))
def test_every_controller_keeps_the_ceiling_and_its_nodes(name, course):
    controller = CONTROLLERS[name](PARAMETERS)
    for cycle, seen in enumerate(course):
        plan = controller.plan(seen._replace(now_ms=40_000 * cycle))
        assert plan.ceiling_w == limits.ceiling_w(seen.energy, PARAMETERS)
        assert 0.0 <= plan.compute_w <= plan.ceiling_w
        assert 0 <= plan.nodes <= NODES
