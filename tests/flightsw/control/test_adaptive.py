# SPDX-License-Identifier: Apache-2.0
"""The adaptive plan: floor, discharge and charge limits, day, dusk, night and dawn."""

import pytest
from flatsat.flightsw.control import allocation
from flatsat.flightsw.control.adaptive import Adaptive, charge_w
from flatsat.flightsw.control.battery import drained_w, rest_v
from flatsat.flightsw.control.night import plan_night
from flatsat.flightsw.control.port import Energy, NodeCounts, Plan, Situation
from flatsat.flightsw.parameters import FlightParameters
from hypothesis import given, settings
from hypothesis import strategies as st

P = FlightParameters()
TABLE = allocation.step_table(P.node)
DAY_S = P.orbit_period_s - P.eclipse_s
ALL = NodeCounts(16, 0, 16, 16)
ONE = NodeCounts(1, 0, 16, 1)
FEW = NodeCounts(3, 0, 16, 3)
SUN = Energy(0.85, 110_000.0, 110_000.0, 4_600.0, True, 1_800.0)
NIGHT = Energy(0.99, 0.0, 0.0, 4_600.0, False, P.eclipse_s)

energies = st.builds(
    lambda soc, array, fall, bus, sun, left: Energy(soc, array, max(array - fall, 0.0), bus, sun, left),
    st.floats(0.0, 1.0),
    st.floats(0.0, 130_000.0),
    st.floats(0.0, 40_000.0),
    st.floats(0.0, 10_000.0),
    st.booleans(),
    st.floats(0.0, 6_000.0),
)
counts = st.builds(
    lambda on, booting, young: NodeCounts(on, min(booting, 16 - on), 16, max(on - young, 0)),
    st.integers(0, 16),
    st.integers(0, 16),
    st.integers(0, 16),
)


def plan(energy: Energy, nodes: NodeCounts = ALL) -> Plan:
    return Adaptive(P).plan(Situation(0, energy, 10_000.0, nodes))


@pytest.mark.parametrize(
    ("energy", "nodes", "low_w", "high_w", "wanted"),
    [
        (SUN, ALL, 95_000, 99_000, 16),
        (SUN._replace(state_of_charge=1.0), ALL, 105_300, 105_500, 16),
        (SUN._replace(state_of_charge=0.70), ALL, 85_300, 85_500, 16),
        (SUN._replace(array_soon_w=125_000.0), ALL, 100_000, 101_000, 16),
        (SUN._replace(array_soon_w=70_000.0), ALL, 65_000, 65_500, 16),
        (SUN._replace(array_soon_w=0.0, remaining_s=3.0, state_of_charge=0.999), ALL, 5_500, 9_000, 4),
        (NIGHT, FEW, 5_500, 7_500, 3),
        (NIGHT, ALL, 5_500, 7_500, 3),
        (NIGHT._replace(state_of_charge=0.702, remaining_s=1_000.0), FEW, 0, 0, 0),
        (NIGHT._replace(state_of_charge=0.65), FEW, 0, 0, 0),
        (NIGHT._replace(state_of_charge=0.74, remaining_s=125.0), FEW, 18_500, 19_700, 9),
        (NIGHT._replace(state_of_charge=0.75, bus_w=4_640.0, remaining_s=125.0), ONE, 19_500, 19_700, 9),
        (NIGHT._replace(state_of_charge=0.7005, remaining_s=125.0), FEW, 0, 1_000, 0),
        (NIGHT._replace(state_of_charge=0.71, array_soon_w=90_000.0, remaining_s=3.0), FEW, 60_000, 85_500, 16),
    ],
    ids=[
        "noon", "full", "at-floor", "never-spill", "less-light-than-planned", "dusk", "night", "nightfall",
        "at-margin", "below", "dawn-boots", "dawn-boots-beside-one", "no-charge-for-dawn-boots", "sunrise",
    ],
)  # fmt: skip
def test_phases(energy, nodes, low_w, high_w, wanted):
    planned = plan(energy, nodes)
    assert low_w <= planned.compute_w <= high_w
    assert abs(planned.nodes - wanted) <= (1 if wanted in (3, 4) else 0)


@pytest.mark.parametrize("on", [1, 2, 3])
def test_noise_of_the_bus_does_not_spend_the_energy_of_a_boot(on):
    nodes = NodeCounts(on, 0, 16, on)
    last_w = P.discharge_limit_w - P.discharge_margin_w - on * TABLE.step_w[0] - 6 * P.node.boot_w
    plans = [
        plan_night(NIGHT._replace(bus_w=last_w + noise_w, remaining_s=300.0), nodes, on, P, TABLE)
        for noise_w in (-40.0, 40.0)
    ]
    assert [found.boots for found in plans] == [6, 6]
    assert plans[0].compute_w == pytest.approx(plans[1].compute_w, abs=200.0)


def test_charge_is_spread_over_the_day():
    assert charge_w(SUN._replace(state_of_charge=0.7), P, DAY_S) == pytest.approx(7_850, rel=0.05)
    assert charge_w(SUN, P, 60.0) == P.charge_limit_w
    assert charge_w(SUN._replace(state_of_charge=1.0), P, 60.0) == 0.0


def test_compute_power_stays_while_cold_cells_give_more():
    warm = plan(SUN).compute_w
    cold = plan(SUN._replace(array_soon_w=119_000.0, boost=0.08)).compute_w
    assert cold == pytest.approx(warm + 0.08 * 110_000.0 * P.warm_up_s / 1_790.0, rel=0.01)


@pytest.mark.parametrize(
    ("energy", "backlog_s", "link_up", "low_w", "high_w", "nodes"),
    [
        (SUN, 20.0, False, 95_000, 99_000, 16),
        (SUN, 200.0, True, 95_000, 99_000, 16),
        (SUN, 200.0, False, 85_300, 85_500, 16),
        (SUN._replace(state_of_charge=1.0), 200.0, False, 105_300, 105_500, 16),
        (SUN._replace(state_of_charge=0.95, battery_ohm=0.6), 200.0, False, 98_000, 99_000, 16),
        (SUN, 599.0, False, 31_000, 35_000, 16),
        (NIGHT, 500.0, False, 5_500, 7_500, 3),
        (NIGHT, 595.0, True, 5_500, 7_500, 3),
        (NIGHT, 595.0, False, 0, 0, 0),
    ],
    ids=[
        "handover", "link-up", "outage-banks", "battery-full", "charger-at-its-voltage", "buffer-full",
        "night-with-room", "night-link-up", "night-buffer-full",
    ],
)  # fmt: skip
def test_results_that_wait(energy, backlog_s, link_up, low_w, high_w, nodes):
    few = ALL if energy.in_sun else FEW
    planned = Adaptive(P).plan(Situation(0, energy, 10_000.0, few, backlog_s, link_up))
    assert low_w <= planned.compute_w <= high_w
    assert planned.nodes == nodes


@given(energies, counts)
def test_never_above_the_discharge_limit_nor_into_the_floor(energy, nodes):
    compute_w, ceiling_w, wanted = plan(energy, nodes)
    assert 0.0 <= compute_w <= ceiling_w
    assert 0 <= wanted <= 16
    drawn_w = ceiling_w + energy.bus_w - energy.array_soon_w
    assert ceiling_w == 0.0 or drawn_w <= P.discharge_limit_w - P.discharge_margin_w + 1e-6
    if energy.state_of_charge <= P.floor:
        assert ceiling_w == 0.0 or drawn_w <= 1e-6


@given(energies.filter(lambda energy: energy.in_sun), st.floats(0.0, 1.0), st.floats(0.0, 50_000.0))
def test_by_day_grows_with_charge_and_with_light(energy, charge, more_w):
    richer = energy._replace(
        state_of_charge=max(energy.state_of_charge, charge),
        array_w=energy.array_w + more_w,
        array_soon_w=energy.array_soon_w + more_w,
    )
    assert plan(energy).compute_w <= plan(richer).compute_w + TABLE.step_w[TABLE.efficient]
    assert plan(energy).ceiling_w <= plan(richer).ceiling_w + 1e-6


@settings(max_examples=40, deadline=None)
@given(st.floats(0.72, 1.0), st.floats(300.0, 2_136.0), st.integers(1, 16), st.sampled_from([1.0, 5.0]))
def test_a_night_that_follows_the_plan_ends_above_the_floor(state_of_charge, left_s, on, cycle_s):
    booting: list[float] = []
    while left_s > 0.0:
        energy = NIGHT._replace(state_of_charge=state_of_charge, remaining_s=left_s)
        planned = plan(energy, NodeCounts(on, len(booting), 16, on))
        booting = [ready_s - cycle_s for ready_s in booting]
        on += sum(ready_s <= 0.0 for ready_s in booting)
        booting = [ready_s for ready_s in booting if ready_s > 0.0]
        booting += [P.boot_s] * max(planned.nodes - on - len(booting), 0)
        booting = booting[: planned.nodes]
        on = min(on, planned.nodes - len(booting))
        running = on + len(booting)
        least_w = on * TABLE.step_w[0] + len(booting) * P.node.boot_w
        racks_w = max(planned.compute_w if on else 0.0, least_w) if running else 0.0
        assert racks_w <= P.discharge_limit_w - energy.bus_w
        if racks_w == 0.0:
            return  # the bus alone takes it lower: nothing that the racks could change
        lost_w = drained_w(racks_w + energy.bus_w, rest_v(P.cell, 0.7), energy.battery_ohm, 0.97)
        state_of_charge -= lost_w / 3600.0 * min(cycle_s, left_s) / P.battery_capacity_wh
        left_s -= cycle_s
        assert state_of_charge > P.floor
