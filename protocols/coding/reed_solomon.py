# SPDX-License-Identifier: Apache-2.0
"""RS(255,223) of CCSDS 131.0-B section 4: dual or conventional basis, interleaved, shortened by virtual fill.

Everything about the code is linear over bits, so tables are built in the basis that is on the wire and
no symbol is ever converted on its way.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..profile import CHECK_SYMBOLS, DATA_SYMBOLS, INTERLEAVES, Basis
from . import galois, kernels
from .galois import Octets

FIRST_ROOT = 112
GENERATOR_STEP = 11  # roots are alpha^(11 j)
UNCORRECTABLE = -1

Corrected = NDArray[np.int16]


def encode_in_place(blocks: Octets, start: int, data_octets: int, interleave: int, basis: Basis) -> None:
    """Write check symbols behind the `data_octets` that stand at `start` of every row of `blocks` [n, octets]."""
    _check_rows(blocks)
    _check_length(data_octets, interleave)
    if start < 0 or start + data_octets + CHECK_SYMBOLS * interleave > blocks.shape[1]:
        raise ValueError(f"rows of {blocks.shape[1]} octets have no room for the check symbols")
    kernels.rs_encode(blocks, start, data_octets, interleave, _encoder_table(basis))


def encode(frames: Octets, interleave: int, basis: Basis = Basis.DUAL) -> Octets:
    """Codeblocks [n, k + 32 interleave] of frames [n, k]; k short of 223 a codeword means virtual fill."""
    _check_rows(frames)
    rows, data_octets = frames.shape
    _check_length(data_octets, interleave)
    blocks = np.empty((rows, data_octets + CHECK_SYMBOLS * interleave), np.uint8)
    blocks[:, :data_octets] = frames
    encode_in_place(blocks, 0, data_octets, interleave, basis)
    return blocks


def decode_in_place(blocks: Octets, interleave: int, basis: Basis = Basis.DUAL) -> Corrected:
    """Correct codeblocks [n, octets] where they stand.

    Returns the symbols corrected in each codeword [n, interleave]; -1 marks a codeword left as it was because
    more than 16 symbols are wrong.
    """
    _check_rows(blocks)
    rows, octets = blocks.shape
    _check_length(octets - CHECK_SYMBOLS * interleave, interleave)
    corrected = np.zeros((rows, interleave), np.int16)
    kernels.rs_decode(
        blocks,
        interleave,
        _encoder_table(basis),
        _syndrome_table(basis),
        _chien_table(),
        galois.EXP,
        galois.LOG,
        _to_wire(basis),
        corrected,
    )
    return corrected


def _check_rows(blocks: Octets) -> None:
    if blocks.ndim != 2 or blocks.dtype != np.uint8 or not blocks.flags.c_contiguous:
        raise ValueError("expected a contiguous array [n, octets] of uint8")


def _check_length(data_octets: int, interleave: int) -> None:
    if interleave not in INTERLEAVES:
        raise ValueError(f"interleave {interleave} is not one of {INTERLEAVES}")
    if data_octets % interleave or not 0 < data_octets <= DATA_SYMBOLS * interleave:
        raise ValueError(
            f"{data_octets} octets are not {interleave} codewords of 1 to {DATA_SYMBOLS} data symbols each"
        )


@lru_cache
def _to_wire(basis: Basis) -> Octets:
    return galois.TO_DUAL if basis is Basis.DUAL else np.arange(256, dtype=np.uint8)


@lru_cache
def _from_wire(basis: Basis) -> Octets:
    return galois.TO_CONVENTIONAL if basis is Basis.DUAL else np.arange(256, dtype=np.uint8)


@lru_cache
def _generator() -> Octets:
    """Coefficients of the product of (x - alpha^(11 j)), j = 112 to 143, from x^31 down; that of x^32 is 1."""
    polynomial = np.array([1], np.uint8)
    for j in range(FIRST_ROOT, FIRST_ROOT + CHECK_SYMBOLS):
        root = galois.power_of_alpha(np.array(GENERATOR_STEP * j))
        longer = np.append(polynomial, np.uint8(0))
        longer[1:] ^= galois.multiply(polynomial, root)
        polynomial = longer
    return polynomial[1:]


@lru_cache
def _encoder_table(basis: Basis) -> NDArray[np.uint64]:
    """table[b, v] as four words: symbol v, in the wire's basis, times x^(39-b) modulo the generator."""
    power = _generator()  # x^32
    powers = [power]
    for _ in range(7):
        power = np.append(power[1:], np.uint8(0)) ^ galois.multiply(_generator(), power[0])
        powers.append(power)
    values = _from_wire(basis)[np.arange(256)]
    rows = galois.multiply(np.array(powers[::-1])[:, None, :], values[None, :, None])
    return np.ascontiguousarray(_to_wire(basis)[rows]).view(">u8").astype(np.uint64)


@lru_cache
def _syndrome_table(basis: Basis) -> Octets:
    """table[p, v, j]: what symbol v at place p of the remainder adds to syndrome j."""
    degree = CHECK_SYMBOLS - 1 - np.arange(CHECK_SYMBOLS)
    root = GENERATOR_STEP * (FIRST_ROOT + np.arange(CHECK_SYMBOLS))
    factors = galois.power_of_alpha(degree[:, None] * root[None, :])
    return galois.multiply(_from_wire(basis)[None, :, None], factors[:, None, :])


@lru_cache
def _chien_table() -> Octets:
    """table[k, v, i]: coefficient v of the locator's x^k at the inverse of alpha^(11 i)."""
    k, i = np.arange(kernels.CORRECTABLE + 1), np.arange(galois.ORDER)
    factors = galois.power_of_alpha(-GENERATOR_STEP * k[:, None] * i[None, :])
    return galois.multiply(np.arange(256)[None, :, None], factors[:, None, :])
