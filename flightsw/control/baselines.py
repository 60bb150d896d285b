# SPDX-License-Identifier: Apache-2.0
"""Three simple controllers to compare others with. They keep the shared ceiling, and know no more than each names."""

from __future__ import annotations

from typing import ClassVar

from ..parameters import FlightParameters
from . import allocation, limits
from .port import Plan, Situation


class Baseline:
    """A wish for power, made into a plan: no node stops young, none starts shortly before the Sun sets."""

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._table = allocation.step_table(parameters.node)

    def plan(self, situation: Situation) -> Plan:
        """Grant the wish as far as the ceiling allows."""
        ceiling_w = limits.ceiling_w(situation.energy, self._parameters)
        compute_w = min(max(self._wanted_w(situation), 0.0), ceiling_w)
        nodes, parameters = situation.nodes, self._parameters
        kept = allocation.keep(compute_w, ceiling_w, nodes.on, nodes.booting, nodes.mature, self._table)
        if situation.energy.remaining_s > parameters.boot_s + parameters.least_on_s:
            kept = max(kept, min(allocation.nodes_fed(compute_w, self._table), nodes.usable))
        return Plan(compute_w, ceiling_w, kept)

    def _wanted_w(self, situation: Situation) -> float:
        raise NotImplementedError


class Hysteresis(Baseline):
    """All that may be drawn from one state of charge on, nothing below another: knows the gauge alone."""

    START: ClassVar = 0.95
    STOP_ABOVE_FLOOR: ClassVar = 0.05

    def __init__(self, parameters: FlightParameters) -> None:
        super().__init__(parameters)
        self._running = False

    def _wanted_w(self, situation: Situation) -> float:
        state_of_charge = situation.energy.state_of_charge
        stop = self._parameters.floor + self.STOP_ABOVE_FLOOR
        self._running = state_of_charge > (stop if self._running else max(self.START, stop))
        return limits.ceiling_w(situation.energy, self._parameters) if self._running else 0.0


class SunFollow(Baseline):
    """What the array gives less a fixed charge, off in eclipse: the charge makes up for what the bus draws at night."""

    def __init__(self, parameters: FlightParameters) -> None:
        super().__init__(parameters)
        night_j = parameters.bus_power_w * parameters.eclipse_s / parameters.converter_efficiency**2
        day_s = parameters.orbit_period_s - parameters.eclipse_s
        self._charge_w = night_j / day_s

    def _wanted_w(self, situation: Situation) -> float:
        energy = situation.energy
        charge_w = min(self._charge_w, self._parameters.charge_limit_w)
        return energy.array_soon_w - energy.bus_w - charge_w if energy.in_sun else 0.0


class EnergyBalance(Baseline):
    """Spreads what the battery lacks over the day that is left, and what it holds above the floor over the night."""

    MARGIN: ClassVar = 0.01  # of state of charge, above the floor
    LEAST_S: ClassVar = 60.0  # shorter horizons would make noise of the gauge swing the plan

    def _wanted_w(self, situation: Situation) -> float:
        energy, parameters = situation.energy, self._parameters
        per_s = energy.capacity_wh * 3600.0 / max(energy.remaining_s, self.LEAST_S)
        left_w = energy.array_soon_w - energy.bus_w
        if energy.in_sun:
            missing = max(parameters.full - energy.state_of_charge, 0.0)
            return left_w - min(missing * per_s / parameters.converter_efficiency, parameters.charge_limit_w)
        spare = energy.state_of_charge - parameters.floor - self.MARGIN
        return left_w + spare * per_s * parameters.converter_efficiency
