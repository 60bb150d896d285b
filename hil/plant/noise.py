# SPDX-License-Identifier: Apache-2.0
"""Seeded noise: BLAKE2b (RFC 7693) of a counter, keyed by the seed; the same octets on every machine."""

from __future__ import annotations

from hashlib import blake2b
from statistics import NormalDist


def _quantiles() -> tuple[float, ...]:
    """The 256 equal slices of a normal distribution, scaled to unit variance and rounded to 1/1024.

    The rounding makes the table exact in binary, so that it is the same on every machine.
    """
    raw = [NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256)]
    deviation = (sum(x * x for x in raw) / 256) ** 0.5
    return tuple(round(1024 * x / deviation) / 1024 for x in raw)


GAUSSIAN = _quantiles()
"""Maps one octet of noise to a sample of a unit normal distribution (cut at 2.9 deviations)."""


class Noise:
    """One stream of noise: 64 octets for each counter value, in any order, without state."""

    __slots__ = ("_hash",)

    def __init__(self, seed: int, stream: str) -> None:
        self._hash = blake2b(key=seed.to_bytes(8, "big"), person=stream.encode())

    def octets(self, counter: int) -> bytes:
        """The 64 octets that belong to `counter` (0 to 2^64 - 1)."""
        digest = self._hash.copy()
        digest.update(counter.to_bytes(8, "big"))
        return digest.digest()

    def uniform(self, counter: int) -> float:
        """A number in (0, 1] that belongs to `counter`; it has 53 bits."""
        return ((int.from_bytes(self.octets(counter)[:7], "big") >> 3) + 1) / 2**53
