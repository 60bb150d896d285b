# SPDX-License-Identifier: Apache-2.0
"""The solar array: eight strings that give their share of the array's power in proportion to the sunlight.

Cells that leave the shadow are cold and give up to 10 % more until they warm up. The whole array wanders by 1
% (pointing, albedo) and each string is a little better or worse than its neighbours.
"""

from __future__ import annotations

from math import exp, sqrt

from .noise import GAUSSIAN, Noise

STRINGS = 8
COLD_BOOST = 0.10
WARM_UP_S = 240.0
WANDER = 0.01
WANDER_S = 120.0
MISMATCH = 0.003
KNOT_MS = 10_000
"""The wander is a first-order autoregression on knots this far apart, joined by straight lines."""

_DAMPING = exp(-KNOT_MS / 1000 / WANDER_S)
_DRIVE = WANDER * sqrt(1 - _DAMPING * _DAMPING)


class SolarArray:
    """The array's state: how cold its cells are, and where its wander stands.

    Args:
        power_w: what all strings give together at the bus, warm and in full sunlight.
        dark_s: how long the array has been in the shadow at time 0.
    """

    __slots__ = ("_knot", "_left", "_noise", "_right", "_share_w", "coldness")

    def __init__(self, power_w: float, dark_s: float, seed: int) -> None:
        self._noise = Noise(seed, "array")
        draws = [MISMATCH * GAUSSIAN[octet] for octet in self._noise.octets(0)[1 : 1 + STRINGS]]
        mean = sum(draws) / STRINGS
        self._share_w = [power_w / STRINGS * (1 + draw - mean) for draw in draws]
        self.coldness = 1 - exp(-dark_s / WARM_UP_S)
        self._knot = 0
        self._left = WANDER * GAUSSIAN[self._noise.octets(0)[0]]
        self._right = self._next(self._left, 1)

    def step(self, sunlight: float, dt_s: float) -> None:
        """Let the cells warm up in the light or cool down in the dark for `dt_s`."""
        target = 1 - sunlight
        self.coldness = target + (self.coldness - target) * exp(-dt_s / WARM_UP_S)

    def strings_w(self, sunlight: float, time_ms: int, string_on: int) -> list[float]:
        """Power of each string at the bus. Times must not go back by more than one knot."""
        if sunlight == 0.0:
            return [0.0] * STRINGS
        gain = sunlight * (1 + COLD_BOOST * self.coldness) * (1 + self._wander(time_ms))
        if string_on == 0xFF:
            return [gain * share for share in self._share_w]
        return [gain * share if string_on >> i & 1 else 0.0 for i, share in enumerate(self._share_w)]

    def _wander(self, time_ms: int) -> float:
        knot, into_ms = divmod(time_ms, KNOT_MS)
        while self._knot < knot:
            self._knot += 1
            self._left, self._right = self._right, self._next(self._right, self._knot + 1)
        return self._left + (self._right - self._left) * into_ms / KNOT_MS

    def _next(self, wander: float, knot: int) -> float:
        return _DAMPING * wander + _DRIVE * GAUSSIAN[self._noise.octets(knot)[0]]
