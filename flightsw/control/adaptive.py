# SPDX-License-Identifier: Apache-2.0
"""The default controller: what the nodes may draw so that the battery is full at sunset and above its floor at sunrise.

In sunlight   compute = array - bus - charge, the charge spread evenly over what is left of the day.
In eclipse    compute = (what the battery holds above floor and margin) / (what is left of the night) - bus.
At dusk       whichever of the two is more, so that the nodes that will run through the night never stop.
"""

from __future__ import annotations

from ..parameters import FlightParameters
from . import allocation, limits
from .port import Energy, Plan, Situation

FULL_BEFORE_SUNSET_S = 90.0
LEAST_DAY_S = 120.0  # shorter horizons would make noise of the gauge swing the plan
DUSK_NEAR_S = 16.0
DUSK_CAUTION_W = 6_000.0  # the first second of dusk cannot be seen in time: leave the battery room for it


class Adaptive:
    """Plans by the energy balance to the next terminator."""

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._table = allocation.step_table(parameters.node)

    def plan(self, situation: Situation) -> Plan:
        """Share out the power. Never negative; grows with state of charge and with array power."""
        energy, parameters = situation.energy, self._parameters
        ceiling_w = limits.ceiling_w(energy, parameters)
        compute_w = min(max(self._wanted_w(energy), 0.0), ceiling_w)
        return Plan(compute_w, ceiling_w, self._nodes(situation, compute_w, ceiling_w))

    def _wanted_w(self, energy: Energy) -> float:
        parameters = self._parameters
        spare_w = limits.night_w(energy, parameters)
        if not energy.in_sun:
            return spare_w + energy.array_soon_w
        caution_w = DUSK_CAUTION_W if energy.remaining_s < DUSK_NEAR_S else 0.0
        return max(energy.array_soon_w - energy.bus_w - caution_w - charge_w(energy, parameters), spare_w)

    def _nodes(self, situation: Situation, compute_w: float, ceiling_w: float) -> int:
        energy, nodes, parameters = situation.energy, situation.nodes, self._parameters
        kept = allocation.keep(compute_w, ceiling_w, nodes.on, nodes.booting, nodes.mature, self._table)
        long_enough = energy.remaining_s > parameters.boot_s + parameters.least_on_s
        if long_enough or limits.dawn_is_near(energy, parameters):
            return max(kept, allocation.nodes_fed(compute_w, self._table))
        return kept


def charge_w(energy: Energy, parameters: FlightParameters) -> float:
    """Constant power that fills the battery shortly before sunset; all the charger takes while the floor is near."""
    if energy.state_of_charge < parameters.floor + parameters.floor_margin:
        return parameters.charge_limit_w
    need_wh = (
        (parameters.full - energy.state_of_charge)
        * parameters.battery_capacity_wh
        / parameters.charge_efficiency
    )
    horizon_s = max(energy.remaining_s - FULL_BEFORE_SUNSET_S, LEAST_DAY_S)
    return min(max(need_wh * 3600.0 / horizon_s, 0.0), parameters.charge_limit_w)
