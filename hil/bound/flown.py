# SPDX-License-Identifier: Apache-2.0
"""What a run did, on the intervals of its bound's linear program: sums over the cycles that end in each."""

from __future__ import annotations

import numpy as np

from ..scenario import Scenario
from .grid import GRIDS_MS
from .rows import Series

_NAMES = ("racks", "charge", "discharge", "on", "booting", "seconds")


class Flown:
    """Collects cycles; a few additions each."""

    def __init__(self, scenario: Scenario) -> None:
        grid = next((ms for longest_s, ms in GRIDS_MS if scenario.duration_s <= longest_s), GRIDS_MS[-1][1])
        self._grid_ms = grid
        self._first_ms = scenario.duration_ms % grid or grid
        count = (scenario.duration_ms - self._first_ms) // grid + 1
        self._sums = np.zeros((len(_NAMES), count))
        self.charged = np.full(count, np.nan)
        self.delivered = np.zeros(count)
        self._end_ms, self._delivered = 0, 0.0

    def take(
        self,
        end_ms: int,
        *,
        racks_w: float,
        battery_w: float,
        state_of_charge: float,
        on: int,
        booting: int,
        delivered: float,
    ) -> None:
        """Take the end of a cycle: powers and nodes as they are then, work since the start."""
        place = -(-(end_ms - self._first_ms) // self._grid_ms) if end_ms > self._first_ms else 0
        place = min(place, len(self.delivered) - 1)  # deadlines may make the last cycle late
        seconds = (end_ms - self._end_ms) / 1000
        self._sums[:, place] += (
            racks_w / 1000 * seconds,
            max(battery_w, 0.0) / 1000 * seconds,
            max(-battery_w, 0.0) / 1000 * seconds,
            on * seconds,
            booting * seconds,
            seconds,
        )
        self.charged[place] = state_of_charge
        self.delivered[place] += delivered - self._delivered
        self._end_ms, self._delivered = end_ms, delivered

    def widths(self) -> Series:
        """How long each interval lasts, in seconds."""
        widths_s = np.full(len(self.delivered), self._grid_ms / 1000)
        widths_s[0] = self._first_ms / 1000
        return widths_s

    def mean(self, name: str) -> Series:
        """Mean of kilowatts or nodes in each interval; 0 where nothing was flown."""
        mean: Series = self._sums[_NAMES.index(name)] / np.maximum(self._sums[-1], 1e-9)
        return mean
