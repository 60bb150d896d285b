# SPDX-License-Identifier: Apache-2.0
"""State of charge three ways: by the gauge, by counted charge, by the battery's voltage; two of them tell which one is wrong."""

from __future__ import annotations

from math import exp
from typing import NamedTuple

from ..control.battery import rest_v
from ..parameters import CellCurve, FlightParameters
from .readings import Readings

SMOOTH_S = 20.0  # of the gauge
COUNT_S = 100.0  # within which counted charge follows what the three agree on
POLARISATION_S = 40.0
POLARISATION_SHARE = 2.0 / 3.0  # of the immediate resistance comes on top within that time
LEAST_STEP_A = 1.5  # of the current, that tells the resistance
ENOUGH_A2, MOST_A2 = 60.0, 2000.0  # squares of steps, that make it known, and that it is taken from
LEAST_OHM, MOST_OHM = 0.02, 1.0
SETTLE_S = 150.0  # polarisation is not known before
WILD = 0.06  # a gauge's reading so far off is not smoothed in
IDLE_A = 8.0  # a current below it leaves the voltage about as at rest
PACKS = 2
FULLEST = 1.03  # an overcharged cell's voltage rises much faster than its charge
LONGEST_S = 30.0  # without a sample, before the estimates begin anew


class Charge(NamedTuple):
    """State of charge three ways."""

    gauge: float
    counted: float
    voltage: float


class ChargeCheck:
    """Follows the three. Until the battery's resistance has shown itself, or little flows, its voltage tells nothing.

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
        "_products",
        "_settled",
        "_squares",
        "_steady_a",
        "resistance_ohm",
    )

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self.resistance_ohm = parameters.cell.series_ohm
        self._age_s = -1.0
        self._settled = False
        self._squares = self._products = 0.0
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
        if abs(now.state_of_charge - self._gauge) < WILD:
            self._gauge += _gain(elapsed_s, SMOOTH_S) * (now.state_of_charge - self._gauge)
        if self._age_s < SMOOTH_S:
            self._counted = self._gauge
        if not self._settled:
            idle = abs(now.battery_a) < IDLE_A and abs(self._steady_a) < IDLE_A
            self._settled = self._age_s > SETTLE_S and (idle or self._squares >= ENOUGH_A2)
            if self._settled:
                self._counted = self._by_voltage(now)
        return Charge(self._gauge, self._counted, self._by_voltage(now) if self._settled else self._counted)

    def agree(self, state_of_charge: float, elapsed_s: float) -> None:
        """What the three are taken for: counted charge follows it slowly, and the gauge while the voltage tells nothing."""
        target = state_of_charge if self._settled else self._gauge
        self._counted += _gain(elapsed_s, COUNT_S) * (target - self._counted)

    def voltage(self, now: Readings, state_of_charge: float) -> float:
        """What the battery's voltage should be."""
        return rest_v(self._parameters.cell, state_of_charge) + self._drop_v(now)

    def _begin(self, now: Readings) -> None:
        self._age_s = 0.0
        self._settled = False
        self._gauge = self._counted = now.state_of_charge
        self._steady_a = self._last_a = now.battery_a
        self._last_v = now.battery_v

    def _learn(self, now: Readings) -> None:
        step_a, step_v = now.battery_a - self._last_a, now.battery_v - self._last_v
        self._last_a, self._last_v = now.battery_a, now.battery_v
        if abs(step_a) < LEAST_STEP_A:
            return
        if self._squares > MOST_A2:
            self._squares, self._products = self._squares / 2, self._products / 2
        self._squares += step_a * step_a
        self._products += step_a * step_v * now.packs_usable / PACKS
        if self._squares >= ENOUGH_A2:
            self.resistance_ohm = min(max(self._products / self._squares, LEAST_OHM), MOST_OHM)

    def _drop_v(self, now: Readings) -> float:
        effective_a = now.battery_a + POLARISATION_SHARE * self._steady_a
        return self.resistance_ohm * PACKS / now.packs_usable * effective_a

    def _by_voltage(self, now: Readings) -> float:
        return charge_at_rest(self._parameters.cell, (now.battery_v - self._drop_v(now)))


def _gain(elapsed_s: float, time_s: float) -> float:
    return 1.0 - exp(-elapsed_s / time_s)


def charge_at_rest(cell: CellCurve, battery_v: float) -> float:
    """State of charge of a battery that rests at a voltage."""
    charge = (battery_v / cell.cells - cell.empty_v) / cell.slope_v
    if charge > 10 * cell.knee:
        return min(charge, FULLEST)
    low, high = 0.0, 12 * cell.knee
    for _ in range(16):
        middle = (low + high) / 2
        low, high = (middle, high) if rest_v(cell, middle) < battery_v else (low, middle)
    return (low + high) / 2
