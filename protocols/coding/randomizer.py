# SPDX-License-Identifier: Apache-2.0
"""Pseudo-random sequences of CCSDS 131.0-B section 10, XORed onto every codeblock from its first bit."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat

import numpy as np

from ..profile import Randomizer
from .galois import Octets


@dataclass(frozen=True, slots=True, kw_only=True)
class _Register:
    """Shift register: the output is bit 0, the sum of the taps enters at the top."""

    width: int
    preset: int
    taps: tuple[int, ...]

    def bits(self) -> Iterator[int]:
        state = self.preset
        while True:
            yield state & 1
            fed_back = sum(state >> tap & 1 for tap in self.taps) & 1
            state = state >> 1 | fed_back << (self.width - 1)


@lru_cache
def sequence(randomizer: Randomizer, length: int) -> Octets:
    """The first `length` octets; read-only."""
    bits = _REGISTERS[randomizer].bits() if randomizer in _REGISTERS else repeat(0)
    octets = np.packbits(np.fromiter(bits, np.uint8, 8 * length))
    octets.flags.writeable = False
    return octets


def randomize(blocks: Octets, randomizer: Randomizer) -> Octets:
    """A randomized, or derandomized, copy of codeblocks [n, octets]."""
    return blocks ^ sequence(randomizer, blocks.shape[1])


_REGISTERS = {
    Randomizer.SHORT: _Register(width=8, preset=0xFF, taps=(0, 3, 5, 7)),  # x^8 + x^7 + x^5 + x^3 + 1
    Randomizer.LONG: _Register(width=17, preset=0x18E38, taps=(0, 14)),  # x^17 + x^14 + 1
}
