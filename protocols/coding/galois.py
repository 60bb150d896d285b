# SPDX-License-Identifier: Apache-2.0
"""GF(256) of the CCSDS Reed-Solomon code (131.0-B 4.3.3) and its change to Berlekamp's dual basis (annex F)."""

from itertools import accumulate, repeat

import numpy as np
from numpy.typing import NDArray

FIELD_POLYNOMIAL = 0x187  # x^8 + x^7 + x^2 + x + 1
ORDER = 255
_DUAL_OF_BIT = bytes.fromhex("7baf99fa86ecef8d")  # images of the conventional 01, 02, 04 ... 80

Octets = NDArray[np.uint8]


def _double(element: int, _: None) -> int:
    return element << 1 ^ (FIELD_POLYNOMIAL if element & 0x80 else 0)


def _dual(element: int) -> int:
    image = 0
    for bit in range(8):
        image ^= _DUAL_OF_BIT[bit] * (element >> bit & 1)
    return image


EXP: NDArray[np.int64] = np.fromiter(accumulate(repeat(None, ORDER - 1), _double, initial=1), np.int64)
LOG: NDArray[np.int64] = np.zeros(256, np.int64)  # LOG[0] is meaningless
LOG[EXP] = np.arange(ORDER)
TO_DUAL: Octets = np.array([_dual(element) for element in range(256)], np.uint8)
TO_CONVENTIONAL: Octets = np.zeros(256, np.uint8)
TO_CONVENTIONAL[TO_DUAL] = np.arange(256)


def multiply(a: NDArray[np.generic], b: NDArray[np.generic]) -> Octets:
    """Products, element by element, with broadcasting."""
    a, b = np.broadcast_arrays(a, b)
    return np.where((a == 0) | (b == 0), 0, EXP[(LOG[a] + LOG[b]) % ORDER]).astype(np.uint8)


def power_of_alpha(exponent: NDArray[np.int64]) -> Octets:
    return EXP[exponent % ORDER].astype(np.uint8)
