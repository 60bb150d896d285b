# SPDX-License-Identifier: Apache-2.0
"""What no controller's plan may pass: the battery's discharge limit, the floor, heat, and the ladder's level."""

from __future__ import annotations

from ..parameters import NODES, FlightParameters
from . import allocation
from .port import Energy, Plan, Situation

LEAST_NIGHT_S = 15.0
MARGIN_FULL_S = 600.0
DAWN_BOOT_S = 25.0  # how much longer before the end of the night than their boot time nodes are started

THROTTLE, SHED = 1, 2  # levels of the ladder
SHED_W_S = 20_000.0
BACK_MS = 30_000  # from one node that comes back after a shed to the next


def ceiling_w(energy: Energy, parameters: FlightParameters) -> float:
    """Power of the racks that the discharge limit still allows when a command given now has acted."""
    return max(energy.array_soon_w - energy.bus_w + _discharge_w(energy, parameters), 0.0)


def _discharge_w(energy: Energy, parameters: FlightParameters) -> float:
    """Most that the battery gives: all that the night can spare may go within the least time that a node is on."""
    if energy.state_of_charge <= parameters.floor:
        return 0.0
    hurry = max(_night_s(energy, parameters) / parameters.least_on_s, 1.0)
    limit_w = parameters.discharge_limit_w - parameters.discharge_margin_w
    return min(energy.bus_w + max(night_w(energy, parameters), 0.0) * hurry, limit_w)


def night_w(energy: Energy, parameters: FlightParameters) -> float:
    """Power for the racks that takes the battery down to floor and margin until sunrise; negative if the bus takes more.

    What booting nodes for the dawn will take is kept back until they boot.
    """
    night_s = _night_s(energy, parameters)
    certain = max(1.0 - night_s / MARGIN_FULL_S, 0.0)
    margin = parameters.floor_margin * (
        1.0 - certain / 2
    )  # what is left of the night is known better and better
    spare = energy.state_of_charge - parameters.floor - margin
    spare_wh = spare * parameters.battery_capacity_wh * parameters.discharge_efficiency
    if not dawn_is_near(energy, parameters):
        spare_wh -= (
            parameters.dawn_nodes * parameters.node.boot_w * (parameters.boot_s + DAWN_BOOT_S) / 3600.0
        )
    return spare_wh * 3600.0 / max(night_s, LEAST_NIGHT_S) - energy.bus_w


def _night_s(energy: Energy, parameters: FlightParameters) -> float:
    return energy.remaining_s + (parameters.eclipse_s if energy.in_sun else 0.0)


def dawn_is_near(energy: Energy, parameters: FlightParameters) -> bool:
    """Whether a node that boots now will be on at sunrise, and not much before."""
    return not energy.in_sun and energy.remaining_s < parameters.boot_s + DAWN_BOOT_S


class Clamp:
    """Holds any plan to the nodes' heat limit and to the ladder's level.

    THROTTLE: no clock above the efficient one, no new node. SHED: every node goes, no faster than the bus likes; afterwards they
    come back one by one.
    """

    __slots__ = ("_back_ms", "_cycle_s", "_most", "_table")

    def __init__(self, parameters: FlightParameters) -> None:
        self._cycle_s = parameters.cycle_ms / 1000.0
        self._table = allocation.step_table(parameters.node)
        self._most = NODES  # nodes that may run
        self._back_ms = 0

    def hold(self, plan: Plan, situation: Situation) -> Plan:
        """Return the plan, or as much of it as is allowed."""
        if situation.node_w < self._table.step_w[0]:
            return plan._replace(ceiling_w=0.0, nodes=0)
        self._count_back(situation)
        plan = plan._replace(nodes=min(plan.nodes, self._most))
        if situation.level >= SHED:
            left_w = max(situation.energy.rack_w - SHED_W_S * self._cycle_s, 0.0)
            nodes = min(plan.nodes, int(left_w / self._table.step_w[0]))
            return Plan(min(plan.compute_w, left_w), plan.ceiling_w, nodes)
        if situation.level >= THROTTLE:
            running = situation.nodes.running
            efficient_w = running * self._table.step_w[self._table.efficient]
            return Plan(min(plan.compute_w, efficient_w), plan.ceiling_w, min(plan.nodes, running))
        return plan

    def _count_back(self, situation: Situation) -> None:
        if situation.level >= SHED:
            self._most = min(self._most, situation.nodes.running)
            self._back_ms = situation.now_ms + BACK_MS
        elif self._most < NODES and situation.now_ms >= self._back_ms:
            self._most += 1
            self._back_ms = situation.now_ms + BACK_MS
