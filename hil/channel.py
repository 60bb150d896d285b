# SPDX-License-Identifier: Apache-2.0
"""The optical channel between the laser terminal's pin and the relay's receiver.

An intensity-modulated link with thermal noise: the error rate is erfc(Q / sqrt 2) / 2 and Q grows with the
received power; the scenario gives the rate at the nominal power. Below a tenth of that power the receiver has
no bit clock and squelches: the octets do not come at all, rather than as noise.
"""

from __future__ import annotations

from math import log1p
from statistics import NormalDist

from .plant.noise import Noise
from .scenario import Link

SQUELCH = 0.1
_NORMAL = NormalDist()


class OpticalChannel:
    """Adds bit errors; they depend on the seed, the CADU's starting millisecond and the light alone."""

    def __init__(self, link: Link, seed: int) -> None:
        self._nominal_w = link.received_power_w
        self._q = -_NORMAL.inv_cdf(link.bit_error_rate) if link.bit_error_rate > 0 else None
        self._seed = seed

    def bit_error_rate(self, received_power_w: float) -> float:
        """The chance of each bit to flip, with light enough for the receiver's clock."""
        return 0.0 if self._q is None else _NORMAL.cdf(-self._q * received_power_w / self._nominal_w)

    def receive(self, start_ms: int, cadu: bytes, received_power_w: float, least_rate: float = 0.0) -> bytes:
        """What the receiver makes of a CADU sent at `start_ms`; nothing when it is dark.

        Args:
            least_rate: bit error rate below which it is not, whatever the light.
        """
        if received_power_w < SQUELCH * self._nominal_w:
            return b""
        rate = max(self.bit_error_rate(received_power_w), least_rate)
        if rate == 0.0:
            return cadu
        flipped = bytearray(cadu)
        gaps = Noise(self._seed, f"cadu {start_ms}"[:16])
        position, draw, bits = -1, 0, 8 * len(cadu)
        while True:
            position += 1 + int(log1p(-gaps.uniform(draw)) / log1p(-rate))
            draw += 1
            if position >= bits:
                return bytes(flipped)
            flipped[position >> 3] ^= 0x80 >> (position & 7)
