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
RESISTANCE_GAIN = 0.2
LEAST_OHM, MOST_OHM = 0.02, 1.0
SAG_A, SAG_S = 10.0, 60.0  # from which current on, and how fast, what sags tells the resistance
ALIKE = 0.02
PACKS = 2
LONGEST_S = 30.0  # without a sample, before the estimates begin anew


class Charge(NamedTuple):
    """State of charge three ways."""

    gauge: float
    counted: float
    voltage: float


class ChargeCheck:
    """Follows the three.

    Attributes:
        resistance_ohm: of both packs together, at once; learnt from steps of the current, and from what sags under it while gauge
            and counted charge agree.
    """

    __slots__ = (
        "_counted",
        "_gauge",
        "_last_a",
        "_last_v",
        "_parameters",
        "_started",
        "_steady_a",
        "resistance_ohm",
    )

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self.resistance_ohm = parameters.battery_ohm
        self._started = False
        self._gauge = self._counted = self._steady_a = self._last_a = self._last_v = 0.0

    def follow(self, now: Readings, elapsed_s: float) -> Charge:
        """Take a sample in. Its battery current has to be the voted one."""
        if not self._started or elapsed_s > LONGEST_S:
            self._begin(now)
        self._learn(now)
        self._steady_a += _gain(elapsed_s, POLARISATION_S) * (now.battery_a - self._steady_a)
        stored = now.battery_w * elapsed_s / (3600.0 * self._parameters.battery_capacity_wh)
        self._counted += stored
        self._gauge += stored
        self._gauge += _gain(elapsed_s, SMOOTH_S) * (now.state_of_charge - self._gauge)
        return Charge(self._gauge, self._counted, self._by_voltage(now))

    def agree(self, now: Readings, state_of_charge: float, elapsed_s: float) -> None:
        """What the three are taken for: counted charge follows it slowly, and the resistance what it leaves unexplained."""
        self._counted += _gain(elapsed_s, COUNT_S) * (state_of_charge - self._counted)
        effective_a = (now.battery_a + POLARISATION_SHARE * self._steady_a) * PACKS / now.packs_usable
        if abs(effective_a) > SAG_A and abs(self._gauge - self._counted) < ALIKE:
            charge = (self._gauge + self._counted) / 2
            unexplained_v = now.battery_v - self._parameters.battery_cells * rest_cell_v(charge)
            measured = min(max(unexplained_v / effective_a, LEAST_OHM), MOST_OHM)
            self.resistance_ohm += _gain(elapsed_s, SAG_S) * (measured - self.resistance_ohm)

    def voltage(self, now: Readings, state_of_charge: float) -> float:
        """What the battery's voltage should be."""
        return self._parameters.battery_cells * rest_cell_v(state_of_charge) + self._drop_v(now)

    def _begin(self, now: Readings) -> None:
        self._started = True
        self._gauge = now.state_of_charge
        self._steady_a = self._last_a = now.battery_a
        self._last_v = now.battery_v
        self._counted = self._by_voltage(now)

    def _learn(self, now: Readings) -> None:
        step_a, step_v = now.battery_a - self._last_a, now.battery_v - self._last_v
        self._last_a, self._last_v = now.battery_a, now.battery_v
        if abs(step_a) > RESISTANCE_STEP_A:
            measured = min(max(step_v / step_a * now.packs_usable / PACKS, LEAST_OHM), MOST_OHM)
            self.resistance_ohm += RESISTANCE_GAIN * (measured - self.resistance_ohm)

    def _drop_v(self, now: Readings) -> float:
        effective_a = now.battery_a + POLARISATION_SHARE * self._steady_a
        return self.resistance_ohm * PACKS / now.packs_usable * effective_a

    def _by_voltage(self, now: Readings) -> float:
        return charge_at_rest((now.battery_v - self._drop_v(now)) / self._parameters.battery_cells)


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
