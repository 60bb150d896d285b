# SPDX-License-Identifier: Apache-2.0
"""What no controller's plan may pass: the battery's discharge limit, the floor, heat, and the ladder's level."""

from __future__ import annotations

from ..parameters import NODES, FlightParameters
from . import allocation
from .port import Energy, Plan, Situation

THROTTLE, SHED = 1, 2  # levels of the ladder
SHED_W_S = 20_000.0
FILL_S = 20.0  # over which the last of the results' buffer is filled
BANK_S = 30.0  # of results that wait: more than a handover of the link leaves
BRIM_S = 20.0  # of room by night: a few nodes take minutes to fill it
MUCH_W = 1e6
BACK_MS = 30_000  # from one node that comes back after a shed to the next


def ceiling_w(energy: Energy, parameters: FlightParameters) -> float:
    """Power of the racks that the discharge limit still allows when a command given now has acted; at the floor, the array."""
    array_w = energy.array_soon_w if energy.array_least_w is None else energy.array_least_w
    return max(array_w - energy.bus_w + _discharge_w(energy, parameters), 0.0)


def _discharge_w(energy: Energy, parameters: FlightParameters) -> float:
    if energy.state_of_charge <= parameters.floor:
        return 0.0
    return discharge_w(energy, parameters)


def discharge_w(energy: Energy, parameters: FlightParameters) -> float:
    """What the packs in the circuit may give, the margin kept back."""
    return max(parameters.discharge_limit_w * energy.battery_share - parameters.discharge_margin_w, 0.0)


def room_w(situation: Situation, parameters: FlightParameters, table: allocation.StepTable) -> float:
    """Power of the racks whose results the buffer still holds while the link is down; the lowest clocks at the least."""
    if situation.link_up or not situation.nodes.on:
        return MUCH_W
    rate = (parameters.buffer_s - situation.backlog_s) / FILL_S  # of all nodes at full rate
    fraction = (rate * NODES / situation.nodes.on) ** (1.0 / allocation.WORK_EXPONENT) if rate > 0.0 else 0.0
    node, booting_w = parameters.node, situation.nodes.booting * table.boot_w
    if fraction >= 1.0:
        return MUCH_W
    node_w = max(node.static_w + node.dynamic_w * float(fraction**node.exponent), table.step_w[0])
    return situation.nodes.on * node_w + booting_w


def banking(situation: Situation) -> bool:
    """Whether the link is down for longer than a handover: work that the buffer may yet lose is worth less than energy."""
    return not situation.link_up and situation.backlog_s > BANK_S


def full(situation: Situation, parameters: FlightParameters) -> bool:
    """Whether the buffer has room for so few results that what is left of the battery is better kept."""
    return not situation.link_up and situation.backlog_s > parameters.buffer_s - BRIM_S


def shed_w(parameters: FlightParameters) -> float:
    """By how much one command may lower the power of the racks where nothing forces more: it acts at once."""
    return SHED_W_S * min(parameters.cycle_ms / 1000.0, 1.0)


class Clamp:
    """Holds any plan to the nodes' heat limit, to steady light and to the ladder's level.

    While the light flickers no node starts, or each trough would cost it its boot.
    THROTTLE: no clock above the efficient one, no new node. SHED: every node goes, no faster than the bus likes; afterwards they
    come back one by one.
    """

    __slots__ = ("_back_ms", "_most", "_shed_w", "_table")

    def __init__(self, parameters: FlightParameters) -> None:
        self._shed_w = shed_w(parameters)
        self._table = allocation.step_table(parameters.node)
        self._most = NODES  # nodes that may run
        self._back_ms = 0

    def hold(self, plan: Plan, situation: Situation) -> Plan:
        """Return the plan, or as much of it as is allowed."""
        if situation.node_w < self._table.step_w[0]:
            return plan._replace(ceiling_w=0.0, nodes=0)
        self._count_back(situation)
        if plan.nodes > self._most:
            plan = plan._replace(nodes=self._most)
        if situation.energy.flickers:
            plan = plan._replace(nodes=min(plan.nodes, situation.nodes.running))
        if situation.level >= SHED:
            left_w = max(situation.energy.rack_w - self._shed_w, 0.0)
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
