# SPDX-License-Identifier: Apache-2.0
"""What the accelerators suffer: memory errors from radiation."""

from __future__ import annotations

from math import log

from .noise import Noise

CORRECTED_PER_NODE_S = 0.5 / 3600
UNCORRECTED_PER_NODE_S = 3e-3 / 3600
"""Ten accelerators a node at 3e-4 uncorrectable errors an hour each."""


class Workload:
    """Counts memory errors; they do not depend on how the time was cut into steps."""

    __slots__ = ("_corrected", "_uncorrected")

    def __init__(self, seed: int) -> None:
        self._corrected = _Arrivals(Noise(seed, "corrected"), CORRECTED_PER_NODE_S)
        self._uncorrected = _Arrivals(Noise(seed, "uncorrected"), UNCORRECTED_PER_NODE_S)

    def step(self, active_nodes: int, dt_s: float) -> tuple[int, int]:
        """Expose the nodes that have power; return corrected and uncorrected errors so far."""
        exposure_s = active_nodes * dt_s
        return self._corrected.after(exposure_s), self._uncorrected.after(exposure_s)


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
