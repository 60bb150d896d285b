# SPDX-License-Identifier: Apache-2.0
"""What the accelerators achieve and suffer: work delivered, and memory errors from radiation."""

from __future__ import annotations

from math import log

from flatsat.boards.work import WORK_PER_MS

from .loads import NODES
from .noise import Noise

FULL_RATE_PER_S = NODES * 1000 * WORK_PER_MS[-1]
CORRECTED_PER_NODE_S = 0.5 / 3600
UNCORRECTED_PER_NODE_S = 3e-3 / 3600
"""Ten accelerators a node at 3e-4 uncorrectable errors an hour each."""


class Workload:
    """Counts work and memory errors; neither depends on how the time was cut into steps."""

    __slots__ = ("_corrected", "_uncorrected", "_work_total", "work")

    def __init__(self, seed: int) -> None:
        self.work = 0
        self._work_total = 0
        self._corrected = _Arrivals(Noise(seed, "corrected"), CORRECTED_PER_NODE_S)
        self._uncorrected = _Arrivals(Noise(seed, "uncorrected"), UNCORRECTED_PER_NODE_S)

    def step(self, work_total: int, active_nodes: int, dt_s: float) -> tuple[int, int]:
        """Take the board's work counter; return corrected and uncorrected errors so far.

        A counter that went down was reset by a loss of power and has counted from 0 since.
        """
        self.work += work_total - self._work_total if work_total >= self._work_total else work_total
        self._work_total = work_total
        exposure_s = active_nodes * dt_s
        return self._corrected.after(exposure_s), self._uncorrected.after(exposure_s)

    @property
    def delivered(self) -> float:
        """Work since the start, in seconds of all nodes at the top clock step."""
        return self.work / FULL_RATE_PER_S


class _Arrivals:
    """A Poisson process: exponential distances of exposure, the n-th one drawn from counter n."""

    __slots__ = ("_left_s", "_noise", "_rate", "count")

    def __init__(self, noise: Noise, rate_per_s: float) -> None:
        self._noise = noise
        self._rate = rate_per_s
        self.count = 0
        self._left_s = -log(noise.uniform(0)) / rate_per_s

    def after(self, exposure_s: float) -> int:
        self._left_s -= exposure_s
        while self._left_s < 0.0:
            self.count += 1
            self._left_s -= log(self._noise.uniform(self.count)) / self._rate
        return self.count
