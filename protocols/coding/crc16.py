# SPDX-License-Identifier: Apache-2.0
"""Frame error control (CCSDS 732.0-B 4.1.6): x^16 + x^12 + x^5 + 1, preset to ones, many frames at once."""

from binascii import crc_hqx
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from . import kernels
from .galois import Octets


def crc16(frames: Octets) -> NDArray[np.uint16]:
    """CRC of every row of `frames` [n, octets]; for a frame that ends in its own error control it is 0."""
    if frames.ndim != 2 or frames.dtype != np.uint8:
        raise ValueError("expected an array [n, octets] of uint8")
    rows = np.ascontiguousarray(frames)
    crcs = np.empty(len(rows), np.uint16)
    kernels.crc16(rows, rows.shape[1], _table(), crcs)
    return crcs


@lru_cache
def _table() -> NDArray[np.uint32]:
    """table[k, v]: octet v followed by k zero octets."""
    rows = [[crc_hqx(bytes([value]) + bytes(k), 0) for value in range(256)] for k in range(8)]
    return np.array(rows, np.uint32)
