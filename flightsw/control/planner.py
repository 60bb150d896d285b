# SPDX-License-Identifier: Apache-2.0
"""A receding horizon: every minute the optimum of the next 1.3 orbits, of which the beginning is flown.

The horizon is the orbit as the estimates know it: day and night, the array's full power and its boost when cold, the bus, the
boots before a dawn, and by day the most that the nodes may turn into heat. `planner_price.py` has the optimum. Between two
plans the price of stored energy stands, so that wander of the array goes where it does most. In the last two minutes of a night
the nodes boot as the default controller has them boot.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, exp

from ..parameters import FlightParameters
from . import allocation, limits
from .adaptive import Adaptive
from .battery import given_w, rest_v, taken_w
from .night import EARLY_S
from .planner_price import Slot, Storage, Stretch, WorkCurve, stretches
from .port import Energy, Plan, Situation

SLOT_S = 60.0
ORBITS = 1.3
EVERY_MS = 60_000
TYPICAL_W = 12_000.0  # at which the battery's losses are taken
DEVIATIONS = 2.0  # of the state of charge that are kept above the floor
WARM_DAY_S = 1200.0  # from here on in a day the heat limit is about that of its end


class Planner:
    """The controller `planner`."""

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._table = allocation.step_table(parameters.node)
        self._curve = WorkCurve(parameters.node, 0)
        self._stretch = Stretch(0, 0, 0.0, 0.0, 0.0)
        self._due_ms = 0
        self._in_sun = False
        self._day_node_w = self._table.step_w[-1]
        self._dawn = Adaptive(parameters)
        self._window_s = parameters.boot_s + EARLY_S + 0.002 * parameters.cycle_ms

    def plan(self, situation: Situation) -> Plan:
        """The power that the price leaves to the nodes now, and the nodes that it takes."""
        energy, parameters = situation.energy, self._parameters
        ceiling_w = limits.ceiling_w(energy, parameters)
        if not energy.in_sun and energy.remaining_s < self._window_s:
            self._due_ms = situation.now_ms
            return self._dawn.plan(situation)
        storage = self._storage(energy)
        self._look_ahead(situation, storage)
        most_w = min(self._curve.most_w, situation.nodes.usable * situation.node_w)
        wanted_w = self._stretch.power_w(energy.array_soon_w - energy.bus_w, most_w, storage)
        room_w = limits.room_w(situation, parameters, self._table)
        compute_w = min(max(wanted_w, 0.0), ceiling_w, room_w)
        return Plan(compute_w, ceiling_w, self._nodes(situation, compute_w, ceiling_w))

    def _look_ahead(self, situation: Situation, storage: Storage) -> None:
        """Solve the horizon again when it is time, at a terminator, and when nodes come or go."""
        energy, usable = situation.energy, situation.nodes.usable
        if usable != self._curve.nodes:
            self._curve = WorkCurve(self._parameters.node, usable)
        elif situation.now_ms < self._due_ms and energy.in_sun == self._in_sun:
            return
        self._due_ms, self._in_sun = situation.now_ms + EVERY_MS, energy.in_sun
        day_s = self._parameters.orbit_period_s - energy.night_s
        if energy.in_sun and day_s - energy.remaining_s > WARM_DAY_S:
            self._day_node_w = min(situation.node_w, self._table.step_w[-1])
        if usable:
            self._stretch = next(stretches(self._horizon(energy), self._curve, storage))

    def _storage(self, energy: Energy) -> Storage:
        parameters = self._parameters
        stored_j = energy.capacity_wh * 3600.0
        margin = parameters.floor_margin + DEVIATIONS * energy.deviation
        at_rest_v = rest_v(parameters.cell, energy.state_of_charge)
        cells = at_rest_v, energy.battery_ohm, parameters.converter_efficiency
        return Storage(
            energy_j=energy.state_of_charge * stored_j,
            least_j=(parameters.floor + margin) * stored_j,
            most_j=parameters.full * stored_j,
            charge_limit_w=parameters.charge_limit_w * energy.battery_share,
            discharge_limit_w=limits.discharge_w(energy, parameters),
            charge_efficiency=TYPICAL_W / taken_w(TYPICAL_W, *cells),
            discharge_efficiency=given_w(TYPICAL_W, *cells) / TYPICAL_W,
        )

    def _horizon(self, energy: Energy) -> list[Slot]:
        """From now on, days and nights in turn."""
        period_s = self._parameters.orbit_period_s
        day_s = period_s - energy.night_s
        slots: list[Slot] = []
        left_s, lit, part_s = ORBITS * period_s, energy.in_sun, energy.remaining_s
        while left_s > 0.0:
            part_s = min(part_s, left_s)
            slots += self._day(energy, day_s - part_s, part_s) if lit else self._night(energy, part_s)
            left_s -= part_s
            lit = not lit
            part_s = day_s if lit else energy.night_s
        return slots

    def _day(self, energy: Energy, since_s: float, part_s: float) -> Iterator[Slot]:
        """`part_s` of daylight, `since_s` after sunrise."""
        most_w = self._curve.nodes * self._day_node_w
        count, width_s = _cut(part_s)
        for place in range(count):
            warm_s = max(since_s + width_s * (place + 0.5), 0.0) / self._parameters.warm_up_s
            boost = self._parameters.cold_boost * exp(-warm_s)
            yield Slot(width_s, energy.full_w * (1.0 + boost) - energy.bus_w, most_w)

    def _night(self, energy: Energy, part_s: float) -> Iterator[Slot]:
        """The last `part_s` before sunrise, at the end of which as many nodes boot as the discharge limit allows."""
        boot_s = min(part_s, self._window_s)
        count, width_s = _cut(part_s - boot_s)
        yield from [Slot(width_s, -energy.bus_w, self._curve.most_w)] * count
        yield Slot(boot_s, -limits.discharge_w(energy, self._parameters), 0.0)

    def _nodes(self, situation: Situation, compute_w: float, ceiling_w: float) -> int:
        energy, nodes, parameters = situation.energy, situation.nodes, self._parameters
        kept = allocation.keep(compute_w, ceiling_w, nodes.on, nodes.booting, nodes.mature, self._table)
        if energy.remaining_s > parameters.boot_s + parameters.least_on_s:
            return max(kept, min(allocation.nodes_fed(compute_w, self._table), nodes.usable))
        return kept


def _cut(span_s: float) -> tuple[int, float]:
    """Into how many slots a span is cut, and how long each is."""
    count = ceil(span_s / SLOT_S)
    return count, span_s / count if count else 0.0
