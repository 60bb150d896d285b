# SPDX-License-Identifier: Apache-2.0
"""State of charge three ways: by the gauge, by counted charge, by the battery's voltage; two of them tell which one is wrong."""

from __future__ import annotations

from math import exp
from typing import NamedTuple

from ..parameters import FlightParameters
from .readings import Readings

SMOOTH_S = 20.0  # of the gauge
COUNT_S = 200.0  # within which counted charge follows what the three agree on
POLARISATION_S = 40.0
POLARISATION_SHARE = 2.0 / 3.0  # of the immediate resistance comes on top within that time
RESISTANCE_STEP_A = 8.0  # of the current, from which on it tells the resistance
RESISTANCE_GAIN = 0.3
LEAST_OHM, MOST_OHM = 0.02, 1.0
SETTLE_S = 150.0  # polarisation is not known before
ENOUGH_STEPS = 4
IDLE_A = 8.0  # a current below it leaves the voltage about as at rest
PACKS = 2
LONGEST_S = 30.0  # without a sample, before the estimates begin anew


class Charge(NamedTuple):
    """State of charge three ways."""

    gauge: float
    counted: float
    voltage: float


class ChargeCheck:
    """Follows the three. Until the battery's resistance has shown itself, or little flows, the gauge is believed.

    Attributes:
        resistance_ohm: of both packs together, at once; learnt from steps of the current.
    """

    __slots__ = (
        "_age_s",
        "_counted",
        "_gauge",
        "_last_a",
        "_last_v",
        "_parameters",
        "_settled",
        "_steady_a",
        "_steps",
        "resistance_ohm",
    )

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self.resistance_ohm = parameters.battery_ohm / (1.0 + POLARISATION_SHARE)
        self._age_s = -1.0
        self._settled = False
        self._steps = 0
        self._gauge = self._counted = self._steady_a = self._last_a = self._last_v = 0.0

    def follow(self, now: Readings, elapsed_s: float) -> Charge:
        """Take a sample in. Its battery current has to be the voted one."""
        if self._age_s < 0.0 or elapsed_s > LONGEST_S:
            self._begin(now)
        self._age_s += elapsed_s
        self._learn(now)
        self._steady_a += _gain(elapsed_s, POLARISATION_S) * (now.battery_a - self._steady_a)
        stored = now.battery_w * elapsed_s / (3600.0 * self._parameters.battery_capacity_wh)
        self._counted += stored
        self._gauge += stored
        self._gauge += _gain(elapsed_s, SMOOTH_S) * (now.state_of_charge - self._gauge)
        voltage = self._by_voltage(now)
        if not self._settled:
            self._counted = self._gauge
            idle = abs(now.battery_a) < IDLE_A and abs(self._steady_a) < IDLE_A
            self._settled = self._age_s > SETTLE_S and (idle or self._steps >= ENOUGH_STEPS)
            if self._settled:
                self._counted = voltage
            else:
                voltage = self._gauge
        return Charge(self._gauge, self._counted, voltage)

    def agree(self, state_of_charge: float, elapsed_s: float) -> None:
        """What the three are taken for: counted charge follows it slowly."""
        self._counted += _gain(elapsed_s, COUNT_S) * (state_of_charge - self._counted)

    def voltage(self, now: Readings, state_of_charge: float) -> float:
        """What the battery's voltage should be."""
        return self._parameters.cells * rest_cell_v(state_of_charge) + self._drop_v(now)

    def _begin(self, now: Readings) -> None:
        self._age_s = 0.0
        self._settled = False
        self._gauge = self._counted = now.state_of_charge
        self._steady_a = self._last_a = now.battery_a
        self._last_v = now.battery_v

    def _learn(self, now: Readings) -> None:
        step_a, step_v = now.battery_a - self._last_a, now.battery_v - self._last_v
        self._last_a, self._last_v = now.battery_a, now.battery_v
        if abs(step_a) > RESISTANCE_STEP_A:
            measured = min(max(step_v / step_a * now.packs_usable / PACKS, LEAST_OHM), MOST_OHM)
            self._steps += 1
            self.resistance_ohm += RESISTANCE_GAIN * (measured - self.resistance_ohm)

    def _drop_v(self, now: Readings) -> float:
        effective_a = now.battery_a + POLARISATION_SHARE * self._steady_a
        return self.resistance_ohm * PACKS / now.packs_usable * effective_a

    def _by_voltage(self, now: Readings) -> float:
        return charge_at_rest((now.battery_v - self._drop_v(now)) / self._parameters.cells)


def _gain(elapsed_s: float, time_s: float) -> float:
    return 1.0 - exp(-elapsed_s / time_s)


EMPTY_CELL_V, SLOPE_CELL_V, KNEE_CELL_V, KNEE = 3.25, 0.80, 0.25, 0.03


def rest_cell_v(state_of_charge: float) -> float:
    """Voltage of a cell at rest by its data sheet: 3.0 V empty, 4.05 V full."""
    return (
        EMPTY_CELL_V + SLOPE_CELL_V * state_of_charge - KNEE_CELL_V * exp(-max(state_of_charge, 0.0) / KNEE)
    )


def charge_at_rest(cell_v: float) -> float:
    """State of charge of a cell that rests at a voltage."""
    charge = (cell_v - EMPTY_CELL_V) / SLOPE_CELL_V
    if charge > 10 * KNEE:
        return min(charge, 1.1)
    low, high = 0.0, 12 * KNEE
    for _ in range(16):
        middle = (low + high) / 2
        low, high = (middle, high) if rest_cell_v(middle) < cell_v else (low, middle)
    return (low + high) / 2
