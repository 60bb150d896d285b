# SPDX-License-Identifier: Apache-2.0
"""The default controller: one compute power by day, which fills the battery at sunset; by night, what leaves it at its floor.

Day    work grows less and less with power, so the best day has one power throughout: all that the array will give until
       sunset, less the bus and the charge that is missing. The charger takes what is above it as long as it can.
       Where heat will limit the nodes later in the day, what it leaves charges the battery, and until then less has to; see
       warm.py.
Night  a few nodes at the clock of least energy per work; see night.py.
Dawn   nodes that have booted in the dark take the light as it comes, the others boot in it.
Dusk   the light that is foretold for the end of the cycle, until the nodes of the night are left.
"""

from __future__ import annotations

from math import exp

from ..parameters import FlightParameters
from . import allocation, limits
from .battery import rest_v, taken_w
from .night import DEVIATIONS, NightPlan, plan_night
from .port import Energy, NodeCounts, Plan, Situation
from .warm import WarmHours

FULL_BEFORE_SUNSET_S = 10.0
LEAST_DAY_S = 60.0  # shorter horizons would make noise swing the plan
LENT_LEFT = 0.002  # of the state of charge, above the floor and its margin
LENT_S = 60.0  # in which most of what the battery lends is given
LENT_SHARE = 0.8  # of what it may give
DAYLIGHT = 0.15  # of the array's power: what is planned as day
MORE_NODES = 1.5  # nodes short of what the night feeds before one more is booted


class Adaptive:
    """Plans from what is there now; all that it keeps is what heat left to the battery on the last day."""

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._table = allocation.step_table(parameters.node)
        self._warm = WarmHours(parameters)

    def plan(self, situation: Situation) -> Plan:
        """Share out the power. Never negative; grows with state of charge and with array power."""
        energy, nodes, parameters = situation.energy, situation.nodes, self._parameters
        ceiling_w = limits.ceiling_w(energy, parameters)
        self._warm.follow(situation)
        lit = energy.in_sun or energy.array_soon_w > DAYLIGHT * energy.full_w
        by_day_w = day_w(energy, parameters, self._warm) if lit else 0.0
        if limits.banking(situation):
            by_day_w = min(by_day_w, least_day_w(energy, parameters))
        if by_day_w > parameters.discharge_limit_w:  # no night is fed that much
            return self._by_day(situation, by_day_w, ceiling_w)
        by_night = self._night(energy, nodes)
        if lit and by_day_w > by_night.compute_w:
            return self._by_day(situation, by_day_w, ceiling_w)
        if not lit:
            by_night = by_night._replace(compute_w=by_night.compute_w + energy.array_soon_w)
        if limits.full(situation, parameters) and not by_night.dawn:
            by_night = by_night._replace(compute_w=0.0)
        return self._by_night(situation, by_night, ceiling_w)

    def _night(self, energy: Energy, nodes: NodeCounts) -> NightPlan:
        if not energy.in_sun:
            return plan_night(energy, nodes, nodes.on, self._parameters, self._table)
        typical = plan_night(energy, nodes, 0, self._parameters, self._table)
        on = min(allocation.nodes_fed(typical.compute_w, self._table), nodes.usable)
        return plan_night(energy, nodes, on, self._parameters, self._table)

    def _by_day(self, situation: Situation, by_day_w: float, ceiling_w: float) -> Plan:
        energy, nodes, parameters = situation.energy, situation.nodes, self._parameters
        compute_w = max(min(by_day_w, ceiling_w, limits.room_w(situation, parameters, self._table)), 0.0)
        kept = allocation.keep(compute_w, ceiling_w, nodes.on, nodes.booting, nodes.mature, self._table)
        left_s = energy.remaining_s if energy.in_sun else parameters.orbit_period_s - energy.night_s
        if left_s > parameters.boot_s + parameters.least_on_s:
            kept = max(kept, allocation.nodes_fed(compute_w, self._table))
        return Plan(compute_w, ceiling_w, kept)

    def _by_night(self, situation: Situation, night: NightPlan, ceiling_w: float) -> Plan:
        nodes, table = situation.nodes, self._table
        compute_w = max(night.compute_w, 0.0)
        if night.dawn:
            return self._dawn(nodes, night, ceiling_w)
        wanted = self._through_the_night(situation, compute_w, ceiling_w)
        efficient_w = table.step_w[table.efficient]
        if compute_w < wanted * table.step_w[0]:
            compute_w = wanted * efficient_w
        compute_w = min(compute_w, ceiling_w)
        if wanted > nodes.running:
            return Plan(compute_w, ceiling_w, wanted)
        kept = allocation.keep(compute_w, ceiling_w, nodes.on, nodes.booting, nodes.mature, table)
        return Plan(compute_w, ceiling_w, min(kept, wanted))

    def _through_the_night(self, situation: Situation, compute_w: float, ceiling_w: float) -> int:
        """How many nodes run: all that the power feeds at the efficient step and, while it lasts, one more.

        One more that the power would not feed even at its lowest step spends ahead: later in the night it goes.
        """
        nodes, efficient_w = situation.nodes, self._table.step_w[self._table.efficient]
        fed = compute_w / efficient_w
        if nodes.running + MORE_NODES < fed and self._worth_a_boot(situation.energy):
            least_w = nodes.on * self._table.step_w[0] + nodes.booting * self._table.boot_w
            boots = int(max(ceiling_w - least_w, 0.0) / self._table.boot_w)
            return min(int(fed), nodes.usable, nodes.running + boots)
        return min(nodes.running, int(fed) + 1) if compute_w > 0.0 else 0

    def _dawn(self, nodes: NodeCounts, night: NightPlan, ceiling_w: float) -> Plan:
        """The nodes that run and boot stay as long as the battery feeds them; then even young ones go."""
        table = self._table
        compute_w = max(night.compute_w, 0.0)
        if night.lasts:
            running_w = nodes.on * table.step_w[0] + (nodes.booting + night.boots) * table.boot_w
            compute_w = min(max(compute_w, running_w), ceiling_w)
            return Plan(compute_w, ceiling_w, nodes.running + night.boots)
        compute_w = min(compute_w, ceiling_w)
        return Plan(
            compute_w,
            ceiling_w,
            allocation.keep(compute_w, ceiling_w, nodes.on, nodes.booting, nodes.running, table),
        )

    def _worth_a_boot(self, energy: Energy) -> bool:
        return energy.remaining_s > self._parameters.boot_s + self._parameters.least_on_s


def day_w(energy: Energy, parameters: FlightParameters, warm: WarmHours) -> float:
    """The constant power that fills the battery at sunset, as far as the array and the charger can follow it now."""
    left_s = energy.remaining_s if energy.in_sun else parameters.orbit_period_s - energy.night_s
    left_s = max(left_s - FULL_BEFORE_SUNSET_S, LEAST_DAY_S)
    warm_s = parameters.warm_up_s
    boost = energy.boost * warm_s / left_s * (1.0 - exp(-left_s / warm_s))
    mean_w = energy.full_w * (1.0 + boost)
    now_w = energy.array_soon_w - energy.bus_w
    least_w = least_day_w(energy, parameters)
    if energy.state_of_charge < parameters.floor + parameters.floor_margin and energy.in_sun:
        return least_w
    spare_w, spare_s = warm.spare(energy, left_s)
    charged_w = charge_w(energy, parameters, left_s) - spare_w * spare_s / left_s
    before_s = max(left_s - spare_s, LEAST_DAY_S)
    even_w = mean_w - energy.bus_w - charged_w * left_s / before_s
    if spare_s and charged_w < 0.0 and energy.in_sun:
        now_w += lent_w(energy, parameters)
    return min(max(even_w, least_w), now_w)


def lent_w(energy: Energy, parameters: FlightParameters) -> float:
    """What the battery gives by day where heat will leave more to it than it misses: all that is above its floor, soon."""
    left = parameters.floor + parameters.floor_margin + DEVIATIONS * energy.deviation + LENT_LEFT
    above = energy.state_of_charge - left
    lent_j = max(above, 0.0) * energy.capacity_wh * 3600.0 * parameters.discharge_efficiency
    return min(lent_j / LENT_S, LENT_SHARE * limits.discharge_w(energy, parameters))


def least_day_w(energy: Energy, parameters: FlightParameters) -> float:
    """What the array leaves for the racks while the charger takes all that it can: less would waste light."""
    cell = parameters.cell
    end_v = cell.cells * cell.end_of_charge_v
    most_a = max(end_v - rest_v(cell, energy.state_of_charge), 0.0) / energy.battery_ohm
    most_w = min(charge_w(energy, parameters, LEAST_DAY_S), end_v * most_a / parameters.converter_efficiency)
    return energy.array_soon_w - energy.bus_w - most_w


def charge_w(energy: Energy, parameters: FlightParameters, left_s: float) -> float:
    """Mean power at the bus that fills the battery within `left_s`."""
    charge_limit_w = parameters.charge_limit_w * energy.battery_share
    missing_wh = (parameters.full - energy.state_of_charge) * energy.capacity_wh
    stored_w = max(missing_wh, 0.0) * 3600.0 / left_s
    at_rest_v = rest_v(parameters.cell, 0.5 * (energy.state_of_charge + 1.0))
    return min(
        taken_w(stored_w, at_rest_v, energy.battery_ohm, parameters.converter_efficiency),
        charge_limit_w,
    )
