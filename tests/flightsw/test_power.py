# SPDX-License-Identifier: Apache-2.0
"""The power budget: floor, discharge and charge limits, terminators."""

import pytest
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.power import (
    DAWN_GRACE_S,
    DUSK_NEAR_S,
    Energy,
    EnergyEstimate,
    Sunlight,
    budget,
    charge_w,
)
from flatsat.flightsw.sample import PowerWords
from hypothesis import given
from hypothesis import strategies as st

P = FlightParameters()
DAY_S = P.orbit_period_s - P.eclipse_s
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
def test_budget(energy, low_w, high_w):
    assert low_w <= budget(energy, P).compute_w <= high_w


def test_charge_is_spread_evenly_over_the_day():
    morning, noon = SUN._replace(remaining_s=DAY_S, state_of_charge=0.7125), SUN
    assert charge_w(morning, P) == pytest.approx(7_500, rel=0.05)
    assert charge_w(noon, P) < P.charge_limit_w
    assert charge_w(noon._replace(state_of_charge=1.0), P) == 0.0


@given(energies)
def test_never_above_the_discharge_limit_nor_into_the_floor(energy):
    plan_w, ceiling_w = budget(energy, P)
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
    assert budget(energy, P).compute_w <= budget(richer, P).compute_w + 1e-6
    assert budget(energy, P).ceiling_w <= budget(richer, P).ceiling_w + 1e-6


@given(st.floats(0.712, 1.0), st.floats(300.0, 2_136.0))
def test_spending_the_night_budget_ends_above_the_floor(state_of_charge, night_s):
    left_s, step_s = night_s, 10.0
    while left_s > 0.0:
        energy = NIGHT._replace(state_of_charge=state_of_charge, remaining_s=left_s)
        drawn_w = budget(energy, P).compute_w
        if drawn_w > 0.0:  # the bus alone may take it lower: nothing that the racks could change
            spent_w = (drawn_w + energy.bus_w) / P.discharge_efficiency
            state_of_charge -= spent_w * step_s / 3600.0 / P.battery_capacity_wh
            assert state_of_charge > P.floor
        left_s -= step_s


TERMINATORS = [
    ("as-predicted", DAY_S, DAY_S),
    ("a-minute-early", DAY_S - 60.0, DAY_S - 60.0),
    ("ten-minutes-late", DAY_S + 600.0, DAY_S + 600.0),
]


@pytest.mark.parametrize(("sunset_s"), [c[1] for c in TERMINATORS], ids=[c[0] for c in TERMINATORS])
def test_measured_sunset_corrects_the_ephemeris(sunset_s):
    sunlight = Sunlight(P, 110_000.0, 0)
    for now_s in range(int(sunset_s)):
        sunlight.update(now_s * 1000, 110_000.0)
    assert sunlight.in_sun
    left_s = sunlight.update(round(sunset_s * 1000), 0.0)
    assert not sunlight.in_sun
    assert left_s == pytest.approx(P.eclipse_s + DAWN_GRACE_S, abs=1.0)


def test_a_failed_array_at_noon_is_a_night_until_the_next_sunrise():
    sunlight = Sunlight(P, 110_000.0, 0)
    sunlight.update(1_900_000, 110_000.0)
    assert sunlight.update(1_901_000, 0.0) == pytest.approx(DAY_S - 1901 + P.eclipse_s + DAWN_GRACE_S)


@pytest.mark.parametrize(
    ("dark_s", "left_s"),
    [
        (60.0, P.eclipse_s + DAWN_GRACE_S - 60.0),
        (1_650.0, 496.0),
        (P.eclipse_s, DAY_S - 2_236.0 + P.eclipse_s + DAWN_GRACE_S),
    ],
    ids=["a-minute", "long", "by-now-it-must-be-another-night"],
)
def test_an_ephemeris_that_says_day_is_not_believed_in_the_dark(dark_s, left_s):
    sunlight = Sunlight(P, 0.0, 100_000)
    assert sunlight.update(100_000 + round(dark_s * 1000), 0.0) == pytest.approx(left_s)


def test_penumbra_does_not_chatter():
    sunlight = Sunlight(P, 110_000.0, 0)
    seen = []
    for now_s, share in enumerate([1.0, 0.5, 0.12, 0.2, 0.11, 0.2, 0.05, 0.2, 0.1, 0.2, 0.3]):
        sunlight.update(now_s * 1000, share * P.array_w)
        seen.append(sunlight.in_sun)
    assert seen == [True] * 6 + [False] * 4 + [True]


def words(array_w: float, state_of_charge: float = 0.8) -> PowerWords:
    string = round(array_w / 8 / 300.0 * 100)
    return PowerWords(
        *(0, 0, 0, 0, 0),
        *(30_000, round(4600 / 300 * 100), 32_000, 32_768, round(state_of_charge * 50_000), 29_300),
        *[string] * 8,
        *[0] * 8,
        *(32_768, 32_768, 100, 100, 29_300, 29_300),
    )


def test_falling_power_is_carried_forward():
    estimate = EnergyEstimate(P, words(110_000.0), 0)
    estimate.update(words(110_000.0), 1000)
    energy = estimate.update(words(97_000.0), 2000)
    assert energy.array_soon_w == pytest.approx(97_000.0 - 2 * 13_000.0, rel=0.01)
    assert estimate.update(words(97_000.0), 3000).array_soon_w == pytest.approx(97_000.0, rel=0.01)


def test_one_bad_gauge_reading_moves_little():
    estimate = EnergyEstimate(P, words(110_000.0), 0)
    assert estimate.update(words(110_000.0, 0.5), 1000).state_of_charge == pytest.approx(0.8, abs=0.004)
