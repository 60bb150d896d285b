# SPDX-License-Identifier: Apache-2.0
"""The battery's estimate against a battery of the plant's kind that is not as it was loaded."""

from math import exp

import pytest
from flatsat.flightsw.control.battery import BatteryEstimate, drained_w, given_w, rest_v, taken_w
from flatsat.flightsw.fdir import Readings
from flatsat.flightsw.parameters import FlightParameters
from hypothesis import given, settings
from hypothesis import strategies as st

P = FlightParameters()
CELL = P.cell
NOISE = (0.05, -0.08, 0.02, 0.06, -0.05, -0.01, 0.09, -0.08)


def reading(voltage_v: float, current_a: float, gauge: float) -> Readings:
    return Readings(300.0, 0.0, voltage_v, current_a, gauge, 293.0, (), (), (), (), ())


class Battery:
    """The truth: a share of the capacity and a multiple of the resistance that were loaded."""

    def __init__(self, state_of_charge: float, capacity: float, resistance: float) -> None:
        self.state_of_charge = state_of_charge
        self.joules = 3600.0 * P.battery_capacity_wh * capacity
        self.resistance = resistance
        self.polarised_v = 0.0

    def flow(self, current_a: float, elapsed_s: float) -> float:
        """Let a current flow; return the voltage at its start."""
        at_rest_v = rest_v(CELL, self.state_of_charge)
        voltage_v = at_rest_v + self.polarised_v + self.resistance * CELL.series_ohm * current_a
        self.state_of_charge += at_rest_v * current_a * elapsed_s / self.joules
        settled_v = self.resistance * CELL.polarisation_ohm * current_a
        self.polarised_v = settled_v + (self.polarised_v - settled_v) * exp(-elapsed_s / CELL.polarisation_s)
        return voltage_v


def fly(battery: Battery, gauge: float, cycle_s: float) -> BatteryEstimate:
    """A night, a day and half a night."""
    estimate = BatteryEstimate(P, gauge, 293.0)
    for at in range(round(6000 / cycle_s)):
        current_a = 22.0 if 2000 < at * cycle_s < 5000 else -32.0
        voltage_v = battery.flow(current_a, cycle_s) + NOISE[at % 8]
        estimate.update(reading(voltage_v, current_a, gauge), 1.0, cycle_s)
    return estimate


@pytest.mark.parametrize("cycle_s", [1.0, 5.0])
@pytest.mark.parametrize(
    ("capacity", "resistance"), [(1.0, 1.0), (0.7, 2.2), (0.7, 1.0), (1.0, 2.2), (0.5, 1.5)], ids=str
)
def test_finds_charge_capacity_and_resistance(capacity, resistance, cycle_s):
    battery = Battery(0.95, capacity, resistance)
    estimate = fly(battery, 0.95, cycle_s)
    assert estimate.state_of_charge == pytest.approx(battery.state_of_charge, abs=0.001)
    assert estimate.inverse_capacity == pytest.approx(1.0 / capacity, rel=0.03)
    assert estimate.resistance == pytest.approx(resistance, rel=0.03)
    assert estimate.deviation < 0.001


@settings(max_examples=15, deadline=None)
@given(st.floats(0.80, 0.99), st.floats(-0.05, 0.05), st.floats(0.6, 1.1), st.floats(0.8, 2.5))
def test_a_gauge_that_is_wrong_does_no_harm(state_of_charge, bias, capacity, resistance):
    battery = Battery(state_of_charge, capacity, resistance)
    estimate = fly(battery, state_of_charge + bias, 5.0)
    assert estimate.state_of_charge == pytest.approx(battery.state_of_charge, abs=0.002)


@pytest.mark.parametrize(
    ("dark_s", "gauge_off", "within"),
    [(900, 0.0, 0.001), (900, 0.1, 0.01), (7200, 0.0, 0.005), (7200, 0.02, 0.022)],
    ids=["a quarter of an hour", "and a gauge far off", "two hours", "two hours with a biased gauge"],
)
def test_without_a_voltage_charge_is_counted_and_the_estimate_grows_unsure(dark_s, gauge_off, within):
    battery = Battery(0.95, 0.8, 1.5)
    estimate = fly(battery, 0.95, 5.0)
    sure = estimate.deviation
    for at in range(dark_s // 5):
        current_a = 10.0 if at // 90 % 2 else -10.0
        battery.flow(current_a, 5.0)
        stand_in = reading(250.0, current_a, battery.state_of_charge + gauge_off)._replace(
            voltage_known=False
        )
        estimate.update(stand_in, 1.0, 5.0)
    off = abs(estimate.state_of_charge - battery.state_of_charge)
    assert off < within
    assert estimate.deviation > max(sure + 0.003, off / 2)


def test_a_voltage_that_cannot_be_is_not_believed():
    estimate = fly(Battery(0.95, 1.0, 1.0), 0.95, 5.0)
    before = estimate.state_of_charge
    for _ in range(50):  # though the estimate begins anew twice meanwhile
        estimate.update(reading(0.0, 0.0, before), 1.0, 5.0)
    assert estimate.disbelieved == 50
    assert estimate.state_of_charge == pytest.approx(before, abs=1e-6)


@given(st.floats(0.0, 25_000.0), st.floats(0.0, 0.4), st.floats(300.0, 345.0))
def test_powers_at_the_bus_and_in_the_cells_belong_together(power_w, ohm, at_rest_v):
    cells = at_rest_v, ohm, 0.97
    assert given_w(drained_w(power_w, *cells), *cells) == pytest.approx(power_w, abs=1e-6)
    assert drained_w(power_w, *cells) >= power_w - 1e-6
    assert taken_w(power_w, *cells) >= power_w - 1e-6


def test_an_overcharged_battery_teaches_nothing():
    estimate = BatteryEstimate(P, 0.998, 293.0)
    for step in range(200):  # past full the voltage rises six times as fast as the curve
        estimate.update(reading(rest_v(CELL, 1.0) + 0.05 * step + 9.0, 60.0, 1.0), 1.0, 1.0)
    assert estimate.state_of_charge == 1.0
    assert estimate.inverse_capacity == pytest.approx(1.0, abs=0.2)
