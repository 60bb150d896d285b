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
