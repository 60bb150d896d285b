# SPDX-License-Identifier: Apache-2.0
"""The adaptive plan: floor, discharge and charge limits, dawn and dusk."""

import pytest
from flatsat.flightsw.control.adaptive import DUSK_NEAR_S, Adaptive, charge_w
from flatsat.flightsw.control.port import Energy, NodeCounts, Plan, Situation
from flatsat.flightsw.parameters import FlightParameters
from hypothesis import given
from hypothesis import strategies as st

P = FlightParameters()
DAY_S = P.orbit_period_s - P.eclipse_s
SUN = Energy(0.85, 110_000.0, 110_000.0, 4_600.0, True, 1_800.0)
NIGHT = Energy(0.99, 0.0, 0.0, 4_600.0, False, P.eclipse_s)


def plan(energy: Energy) -> Plan:
    return Adaptive(P).plan(Situation(0, energy, 10_000.0, NodeCounts(0, 0, 16, 0)))


energies = st.builds(
    lambda soc, array, fall, bus, sun, left: Energy(soc, array, max(array - fall, 0.0), bus, sun, left),
    st.floats(0.0, 1.0),
    st.floats(0.0, 130_000.0),
    st.floats(0.0, 40_000.0),
    st.floats(0.0, 10_000.0),
    st.booleans(),
    st.floats(0.0, 6_000.0),
)


@pytest.mark.parametrize(
    ("energy", "low_w", "high_w"),
    [
        (SUN, 95_000, 100_000),
        (SUN._replace(state_of_charge=1.0), 105_300, 105_500),
        (SUN._replace(state_of_charge=0.70), 85_300, 85_500),
        (SUN._replace(array_soon_w=0.0), 0, 5_000),
        (NIGHT, 5_500, 7_500),
        (NIGHT._replace(state_of_charge=0.712), 0, 0),
        (NIGHT._replace(state_of_charge=0.65), 0, 0),
        (NIGHT._replace(remaining_s=10.0), 16_300, 16_500),
        (NIGHT._replace(array_soon_w=20_000.0), 25_500, 27_500),
        (SUN._replace(remaining_s=DUSK_NEAR_S - 1, state_of_charge=1.0), 99_300, 99_500),
    ],
    ids=[
        "noon",
        "full",
        "at-floor",
        "dusk",
        "dusk-full",
        "at-margin",
        "below",
        "dawn",
        "penumbra",
        "caution",
    ],
)
def test_power(energy, low_w, high_w):
    assert low_w <= plan(energy).compute_w <= high_w


def test_charge_is_spread_evenly_over_the_day():
    morning, noon = SUN._replace(remaining_s=DAY_S, state_of_charge=0.7125), SUN
    assert charge_w(morning, P) == pytest.approx(7_500, rel=0.05)
    assert charge_w(noon, P) < P.charge_limit_w
    assert charge_w(noon._replace(state_of_charge=1.0), P) == 0.0


@given(energies)
def test_never_above_the_discharge_limit_nor_into_the_floor(energy):
    plan_w, ceiling_w, _ = plan(energy)
    assert 0.0 <= plan_w <= ceiling_w
    drawn_w = ceiling_w + energy.bus_w - energy.array_soon_w
    assert ceiling_w == 0.0 or drawn_w <= P.discharge_limit_w - P.discharge_margin_w + 1e-6
    if energy.state_of_charge <= P.floor:
        assert ceiling_w == 0.0 or drawn_w <= 1e-6


@given(energies, st.floats(0.0, 1.0), st.floats(0.0, 50_000.0))
def test_grows_with_charge_and_with_sunlight(energy, charge, more_w):
    richer = energy._replace(
        state_of_charge=max(energy.state_of_charge, charge),
        array_w=energy.array_w + more_w,
        array_soon_w=energy.array_soon_w + more_w,
    )
    assert plan(energy).compute_w <= plan(richer).compute_w + 1e-6
    assert plan(energy).ceiling_w <= plan(richer).ceiling_w + 1e-6


@given(st.floats(0.712, 1.0), st.floats(300.0, 2_136.0))
def test_spending_the_night_budget_ends_above_the_floor(state_of_charge, night_s):
    left_s, step_s = night_s, 10.0
    while left_s > 0.0:
        energy = NIGHT._replace(state_of_charge=state_of_charge, remaining_s=left_s)
        drawn_w = plan(energy).compute_w
        if drawn_w > 0.0:  # the bus alone may take it lower: nothing that the racks could change
            spent_w = (drawn_w + energy.bus_w) / P.discharge_efficiency
            state_of_charge -= spent_w * step_s / 3600.0 / P.battery_capacity_wh
            assert state_of_charge > P.floor
        left_s -= step_s
