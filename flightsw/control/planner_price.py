# SPDX-License-Identifier: Apache-2.0
"""The most work over a horizon with a battery, by the price of stored energy.

Let a stored joule have the price x, in work. A slot then draws from the battery until another joule would do less than
x / (discharge efficiency) of work, and stores what would do less than x * (charge efficiency); between the two it uses what
the array gives. A higher price never stores less, so the one price that neither overfills nor overdraws the battery is found
by bisection. It holds until the battery is full or empty; then another one does: higher after a full battery, lower after
an empty one. This is the optimum of the linear program with one battery (the taut string), without a solver.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .. import parameters as table

WORK_EXPONENT = 0.8
GRADE = 0.02  # how much dearer the first watt is than the last one with nodes at their best step: the optimum is then single
BISECTIONS = 24


class WorkCurve:
    """Work of `nodes` nodes over their power: straight up to all of them at the clock of least energy per work, from there on
    the power law of their clocks. In nodes at the full clock."""

    __slots__ = ("_node", "_scale", "best_w", "most_w", "nodes", "price")

    def __init__(self, node: table.NodePower, nodes: int) -> None:
        self.nodes = nodes
        self._node = node
        spread = WORK_EXPONENT / (node.exponent - WORK_EXPONENT)
        best = (node.static_w * spread / node.dynamic_w) ** (1 / node.exponent)
        best = min(max(float(best), node.lowest_fraction), 1.0)
        self._scale = WORK_EXPONENT / (node.exponent * node.dynamic_w)
        self.best_w = nodes * self._node_w(best)
        self.most_w = nodes * self._node_w(1.0)
        self.price = self._scale * float(best ** (WORK_EXPONENT - node.exponent))

    def power_w(self, price: float) -> float:
        """Power at which one more watt does `price` of work; the most where it costs next to nothing."""
        if price >= self.price:
            return self.best_w * max(1.0 - (price / self.price - 1.0) / GRADE, 0.0)
        if price <= self._scale:
            return self.most_w
        return self.nodes * self._node_w(
            float((self._scale / price) ** (1 / (self._node.exponent - WORK_EXPONENT)))
        )

    def _node_w(self, fraction: float) -> float:
        return self._node.static_w + self._node.dynamic_w * float(fraction**self._node.exponent)


@dataclass(frozen=True, kw_only=True)
class Storage:
    """The battery: what it holds now and may hold, and what goes in and out of it at the bus."""

    energy_j: float
    least_j: float
    most_j: float
    charge_limit_w: float
    discharge_limit_w: float
    charge_efficiency: float
    discharge_efficiency: float


class Slot(NamedTuple):
    """A part of the horizon: how long it is, what the array leaves in it once the bus has had its share (it may be negative), and
    the most that the nodes may draw."""

    width_s: float
    net_w: float
    most_w: float


class Stretch(NamedTuple):
    """Slots from `first` until before `end`, in which stored energy has one price.

    Attributes:
        price: work a stored joule is worth; spent_w: up to which power the battery feeds the nodes; lavish_w: from which
            power on it is charged instead, as fast as it can be.
    """

    first: int
    end: int
    price: float
    spent_w: float
    lavish_w: float

    def power_w(self, net_w: float, most_w: float, storage: Storage) -> float:
        """What the nodes draw in one slot, from what array leaves to them and battery."""
        spent_w, lavish_w = min(self.spent_w, most_w), min(self.lavish_w, most_w)
        if net_w > lavish_w:
            return min(max(lavish_w, net_w - storage.charge_limit_w), most_w)
        return min(max(spent_w, net_w), net_w + storage.discharge_limit_w)


def stretches(slots: Sequence[Slot], curve: WorkCurve, storage: Storage) -> Iterator[Stretch]:
    """The optimum, stretch by stretch; whoever needs its beginning only takes the first one.

    What is left at the end of the horizon is worth what nodes at their best clock make of it.
    """
    prices = _Prices(slots, curve, storage)
    energy_j, first = storage.energy_j, 0
    while first < len(slots):
        stretch = prices.solve(first, energy_j)
        yield stretch
        energy_j = prices.run(stretch.price, first, energy_j, stretch.end).energy_j
        first = stretch.end


class _Outcome(NamedTuple):
    """Where a price led: above (1), below (-1) or within (0) the battery's bounds, and after which slot."""

    side: int
    end: int
    energy_j: float


class _Prices:
    def __init__(self, slots: Sequence[Slot], curve: WorkCurve, storage: Storage) -> None:
        self._slots = slots
        self._curve = curve
        self._storage = storage
        self._last_price = curve.price * storage.discharge_efficiency

    def solve(self, first: int, energy_j: float) -> Stretch:
        """The stretch that begins at a slot."""
        low, high = 0.0, (1.0 + GRADE) * self._curve.price / self._storage.charge_efficiency
        end = after = len(self._slots)
        price = high
        for _ in range(BISECTIONS):
            price = (low + high) / 2
            outcome = self.run(price, first, energy_j, len(self._slots))
            if outcome.side > 0 or (outcome.side == 0 and price > self._last_price):
                high, end = price, outcome.end
            else:
                low, after = price, outcome.end
        spent_w, lavish_w = self._thresholds(price)
        return Stretch(first, min(end, after), price, spent_w, lavish_w)

    def run(self, price: float, first: int, energy_j: float, end: int) -> _Outcome:
        """Charge and discharge at a price until a bound is passed or the horizon ends."""
        slots, storage = self._slots, self._storage
        spent_w, lavish_w = self._thresholds(price)
        charge_w, discharge_w = storage.charge_limit_w, storage.discharge_limit_w
        stored, drawn = storage.charge_efficiency, 1.0 / storage.discharge_efficiency
        least_j, most_j = min(storage.least_j, energy_j), max(storage.most_j, energy_j)
        for place in range(first, end):
            width_s, net_w, most_w = slots[place]
            if net_w > lavish_w or net_w > most_w:
                surplus_w = net_w - (lavish_w if lavish_w < most_w else most_w)
                energy_j += width_s * stored * (surplus_w if surplus_w < charge_w else charge_w)
                if energy_j > most_j:
                    return _Outcome(1, place + 1, most_j)
            else:
                missing_w = (spent_w if spent_w < most_w else most_w) - net_w
                if missing_w > 0.0:
                    energy_j -= width_s * drawn * (missing_w if missing_w < discharge_w else discharge_w)
                    if energy_j < least_j:
                        return _Outcome(-1, place + 1, least_j)
        return _Outcome(0, end, energy_j)

    def _thresholds(self, price: float) -> tuple[float, float]:
        storage, curve = self._storage, self._curve
        return (
            curve.power_w(price / storage.discharge_efficiency),
            curve.power_w(price * storage.charge_efficiency),
        )
