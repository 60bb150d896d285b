# SPDX-License-Identifier: Apache-2.0
"""Channel coding of CCSDS 131.0-B: randomizers, Reed-Solomon and frame error control, as batched numba kernels."""

from .channel import decode_codeblocks, encode_cadu, encode_cadus, first_codewords
from .crc16 import crc16
from .randomizer import randomize, sequence

__all__ = [
    "crc16",
    "decode_codeblocks",
    "encode_cadu",
    "encode_cadus",
    "first_codewords",
    "randomize",
    "sequence",
]
