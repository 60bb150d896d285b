# SPDX-License-Identifier: Apache-2.0
"""Light that flickers: after a fall by day the next trough is taken to come at any time and to be as deep."""

from __future__ import annotations

from math import inf

from ..parameters import FlightParameters

FALL = 0.05  # of the array's nominal power, from one sample to the next: no wander does that
STEADY_MS = 60_000  # without such a fall, until the light is steady again
DEEPER = 0.03  # of its power that the next trough may lie below the one before


class Troughs:
    """Follows the array's power.

    Attributes:
        flickers: whether it has fallen within the last minute.
        least_w: what the next trough may leave.
    """

    __slots__ = ("_last_w", "_parameters", "_until_ms", "flickers", "least_w")

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._last_w = 0.0
        self._until_ms = 0
        self.flickers = False
        self.least_w = inf

    def follow(self, now_ms: int, array_w: float, *, in_sun: bool) -> None:
        """Take a sample in."""
        if in_sun and self._last_w - array_w > FALL * self._parameters.array_w:
            self._until_ms = now_ms + STEADY_MS
        self._last_w = array_w
        self.flickers = now_ms < self._until_ms
        if not self.flickers:
            self.least_w = inf
        elif in_sun:
            self.least_w = min(self.least_w, (1.0 - DEEPER) * array_w)
