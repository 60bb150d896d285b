# SPDX-License-Identifier: Apache-2.0
"""What heat leaves to the battery: sunlight that the nodes may not turn into heat, learnt from one day for the next.

Where the radiator is too small for all that the array gives, the nodes are limited once they are warm, and the charger then
takes for nothing what it can. A day that will have such a part need not charge before it: the cold radiator of the morning is
what is scarce, and it takes more heat the sooner it is warm.
"""

from __future__ import annotations

from ..parameters import NODES, FlightParameters
from .port import Energy, Situation

COUNTED = 0.9  # of what the last day left, for the next one
LEAST_SPARE = 0.1  # of the charger's limit, below which heat does not limit


class WarmHours:
    """The energy that a day's heat limit leaves to the charger, and for how long.

    Attributes:
        limited: whether heat limits the nodes now.
    """

    __slots__ = (
        "_last_ms",
        "_parameters",
        "_spare_j",
        "_spare_s",
        "_today_j",
        "_today_s",
        "_was_day",
        "limited",
    )

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._last_ms: int | None = None
        self._spare_j = self._spare_s = self._today_j = self._today_s = 0.0
        self._was_day = self.limited = False

    def follow(self, situation: Situation) -> None:
        """Take a cycle in; a day that ends becomes what is expected of the next one."""
        energy, now_ms = situation.energy, situation.now_ms
        elapsed_s = 0.0 if self._last_ms is None else (now_ms - self._last_ms) / 1000.0
        self._last_ms = now_ms
        if self._was_day and not energy.in_sun:
            self._spare_j, self._spare_s = self._today_j, self._today_s
            self._today_j = self._today_s = 0.0
        self._was_day = energy.in_sun
        charge_limit_w = self._parameters.charge_limit_w * energy.battery_share
        spare_w = min(energy.array_w - energy.bus_w - NODES * situation.node_w, charge_limit_w)
        self.limited = energy.in_sun and spare_w > LEAST_SPARE * charge_limit_w
        if self.limited:
            self._today_j += spare_w * elapsed_s
            self._today_s += elapsed_s

    def spare(self, energy: Energy, left_s: float) -> tuple[float, float]:
        """Mean power that heat will leave to the charger until sunset, and for how many seconds of the day."""
        known_j, known_s = (self._spare_j, self._spare_s) if self._spare_s else (self._today_j, self._today_s)
        if not known_s:
            return 0.0, 0.0
        mean_w = COUNTED * known_j / known_s
        if self.limited:
            return mean_w, left_s
        if energy.in_sun and left_s <= self._spare_s:  # it was to limit by now and does not
            return 0.0, 0.0
        return mean_w, min(self._spare_s, left_s)
