# SPDX-License-Identifier: Apache-2.0
"""The relay's light on the laser terminal: pointing jitter through a Gaussian beam, and outages."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, hypot

from .noise import GAUSSIAN, Noise

ACQUIRE, TRACK = 1, 2
COARSE_POINTING = 4.0
"""How much larger the jitter is while the terminal does not follow the light.

It follows from the start of an acquisition: the seconds until TRACK are the handshake with the relay, so that
frames never leave on the light of a terminal that still searches.
"""


class Light:
    """Received power and pointing error as functions of time.

    Args:
        outages_ms: half-open intervals of board time without light.

    Attributes:
        blocked: something else takes the light away now.
    """

    __slots__ = ("_beam_rad", "_jitter_rad", "_noise", "_outages_ms", "_power_w", "blocked")

    def __init__(
        self,
        *,
        received_power_w: float,
        jitter_rad: float,
        beam_rad: float,
        outages_ms: Sequence[tuple[int, int]],
        seed: int,
    ) -> None:
        self.blocked = False
        self._power_w = received_power_w
        self._jitter_rad = jitter_rad
        self._beam_rad = beam_rad
        self._outages_ms = tuple(outages_ms)
        self._noise = Noise(seed, "light")

    def at(self, time_ms: int, laser_state: int) -> tuple[float, float]:
        """Received power in watts and pointing error in radians; an outage leaves the pointing alone."""
        octets = self._noise.octets(time_ms)
        following = laser_state in (ACQUIRE, TRACK)
        jitter_rad = self._jitter_rad if following else COARSE_POINTING * self._jitter_rad
        error_rad = jitter_rad * hypot(GAUSSIAN[octets[0]], GAUSSIAN[octets[1]])
        if self.blocked:
            return 0.0, error_rad
        for at_ms, until_ms in self._outages_ms:
            if at_ms <= time_ms < until_ms:
                return 0.0, error_rad
        offset = error_rad / self._beam_rad
        return self._power_w * exp(-2 * offset * offset), error_rad
