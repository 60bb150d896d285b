# SPDX-License-Identifier: Apache-2.0
"""Estimates of the satellite's energy from the power board's readings."""

import pytest
from flatsat.flightsw.control.energy import EnergyEstimate
from flatsat.flightsw.fdir import Readings, measured
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.sample import PowerWords

P = FlightParameters()


def readings(array_w: float, state_of_charge: float = 0.8) -> Readings:
    string = round(array_w / 8 / 300.0 * 100)
    words = PowerWords(
        *(0, 0, 0, 0, 0),
        *(30_000, round(4600 / 300 * 100), 32_000, 32_768, round(state_of_charge * 50_000), 29_300),
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
