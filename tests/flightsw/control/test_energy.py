# SPDX-License-Identifier: Apache-2.0
"""Estimates of the satellite's energy from the power board's readings."""

import pytest
from flatsat.flightsw.control.battery import rest_v
from flatsat.flightsw.control.energy import EnergyEstimate
from flatsat.flightsw.fdir import Readings, measured
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.sample import PowerWords

P = FlightParameters()


def readings(array_w: float, state_of_charge: float = 0.8) -> Readings:
    string = round(array_w / 8 / 300.0 * 100)
    words = PowerWords(
        *(0, 0, 0, 0, 0),
        *(
            30_000,
            round(4600 / 300 * 100),
            round(100 * rest_v(P.cell, 0.8)),
            32_768,
            round(state_of_charge * 50_000),
            29_300,
        ),
        *[string] * 8,
        *[0] * 8,
        *(32_768, 32_768, 100, 100, 29_300, 29_300),
    )
    return measured(words)


def test_falling_power_is_carried_forward():
    estimate = EnergyEstimate(P, readings(110_000.0), 0)
    estimate.update(readings(110_000.0), 1000)
    energy = estimate.update(readings(97_000.0), 2000)
    assert energy.array_soon_w == pytest.approx(97_000.0 - 2 * 13_000.0, rel=0.01)
    assert estimate.update(readings(97_000.0), 3000).array_soon_w == pytest.approx(97_000.0, rel=0.01)


def test_one_bad_gauge_reading_moves_little():
    estimate = EnergyEstimate(P, readings(110_000.0), 0)
    assert estimate.update(readings(110_000.0, 0.5), 1000).state_of_charge == pytest.approx(0.8, abs=0.004)


def flown(strings_on: list[int], array_w: float) -> EnergyEstimate:
    """An estimate after two minutes of a whole array, and then one sample for each number of strings."""
    estimate = EnergyEstimate(P, readings(array_w), 0)
    taken = [readings(array_w)] * 120
    taken += [readings(array_w * on / 8)._replace(strings_on=on) for on in strings_on]
    for cycle, now in enumerate(taken, 1):
        estimate.update(now, 1000 * cycle)
    return estimate


@pytest.mark.parametrize("on", [0, 1, 2, 7])
def test_strings_that_are_switched_off_are_no_dusk(on):
    estimate = flown([on] * 30, 110_000.0)
    whole = flown([8] * 30, 110_000.0)
    energy = estimate.energy
    assert energy.in_sun
    assert energy.remaining_s == pytest.approx(whole.energy.remaining_s, abs=1.0)
    assert energy.array_soon_w == pytest.approx(110_000.0 * on / 8, rel=0.01)
    assert energy.full_w == pytest.approx(whole.energy.full_w, rel=0.01), "they come back"


def test_power_that_went_with_strings_is_not_counted_on_of_a_morning():
    """Nor is it expected to fall further: the light is as it was."""
    estimate = flown([4], 110_000.0)
    assert estimate.energy.array_least_w == pytest.approx(55_000.0, rel=0.01)


def test_power_that_fails_of_a_morning_is_not_counted_on():
    estimate = flown([], 110_000.0)
    energy = estimate.update(readings(80_000.0), 121_000)
    assert energy.array_least_w is not None
    assert energy.array_least_w < 80_000.0


@pytest.mark.parametrize(
    ("light_kw", "least_kw"),
    [
        ([110, 80, 110, 110], 0.97 * 80),
        ([110, 80, 110, 60, 110], 0.97 * 60),
        ([110, 106, 102, 98, 110], 110),
        ([110, 110], 110),
        ([110, 80, *[110] * 61], 110),
        ([110, 80, *[110] * 30, 100, *[110] * 40], 0.97 * 80),
    ],
    ids=["a trough", "a deeper one", "slowly", "steady", "steady again", "still flickers"],
)
def test_light_that_fell_may_fall_as_deep_again(light_kw, least_kw):
    estimate = flown([], 110_000.0)
    for second, kilowatts in enumerate(light_kw, 121):
        energy = estimate.update(readings(1000.0 * kilowatts), 1000 * second)
    assert energy.array_least_w == pytest.approx(1000.0 * least_kw, rel=0.005)
    assert energy.flickers == (least_kw < 110)


def test_strings_that_are_switched_off_are_no_night():
    estimate = EnergyEstimate(P, readings(110_000.0), 0)
    estimate.update(readings(110_000.0), 1000)
    for second in range(2, 12):  # an over-voltage trip
        off = estimate.update(readings(0.0)._replace(strings_on=0), 1000 * second)
    assert (off.in_sun, off.array_soon_w) == (True, 0.0)
    one = estimate.update(readings(110_000.0 / 8)._replace(strings_on=1), 12_000)
    assert one.in_sun
    assert one.array_w == pytest.approx(110_000.0 / 8, rel=0.01)
    assert one.full_w == pytest.approx(110_000.0, rel=0.02)  # what there could be use for
    given_up = estimate.update(readings(55_000.0)._replace(strings_on=4, strings_usable=4), 13_000)
    assert given_up.full_w == pytest.approx(55_000.0, rel=0.02)
