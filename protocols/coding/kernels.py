# SPDX-License-Identifier: Apache-2.0
"""Compiled loops of the coding layer; nothing here checks a bound, so only the wrappers beside it may call them.

Tables are arguments, because large globals defeat numba's cache. A remainder of 32 symbols travels as four words of
64 bits, the symbol of the highest degree in the highest octet of the first.
"""

import numpy as np
from numba import njit

ROOTS = 32  # check symbols of RS(255,223)
CORRECTABLE = 16
SYMBOLS = 255


@njit(cache=True, nogil=True)
def crc16(frames, length, table, crcs):  # type: ignore[no-untyped-def]
    """CRC of the first `length` octets of every row, eight octets a step."""
    for f in range(frames.shape[0]):
        crc = np.uint32(0xFFFF)
        i = 0
        while i + 8 <= length:
            crc = (
                table[7, frames[f, i] ^ crc >> np.uint32(8)]
                ^ table[6, frames[f, i + 1] ^ crc & np.uint32(0xFF)]
                ^ table[5, frames[f, i + 2]]
                ^ table[4, frames[f, i + 3]]
                ^ table[3, frames[f, i + 4]]
                ^ table[2, frames[f, i + 5]]
                ^ table[1, frames[f, i + 6]]
                ^ table[0, frames[f, i + 7]]
            )
            i += 8
        while i < length:
            crc = (crc << np.uint32(8) & np.uint32(0xFFFF)) ^ table[0, frames[f, i] ^ crc >> np.uint32(8)]
            i += 1
        crcs[f] = crc


@njit(cache=True, nogil=True, inline="always")
def _remainder(row, first, stride, symbols, table):  # type: ignore[no-untyped-def]
    """Remainder of the codeword's data after division by the generator, eight symbols a step.

    Leading zeros change nothing, so the first step takes what exceeds a multiple of eight, and virtual fill costs
    nothing. table[b, v] is v x^(39-b) modulo the generator.
    """
    r0 = r1 = r2 = r3 = np.uint64(0)
    at = first
    step = symbols & 7 or 8
    taken = 0
    while taken < symbols:
        word = np.uint64(0)
        for _ in range(step):
            word = word << np.uint64(8) | np.uint64(row[at])
            at += stride
        taken += step
        step = 8
        word ^= r0
        r0, r1, r2, r3 = r1, r2, r3, np.uint64(0)
        for b in range(8):
            value = word >> np.uint64(56 - 8 * b) & np.uint64(0xFF)
            r0 ^= table[b, value, 0]
            r1 ^= table[b, value, 1]
            r2 ^= table[b, value, 2]
            r3 ^= table[b, value, 3]
    return r0, r1, r2, r3


@njit(cache=True, nogil=True, inline="always")
def _octet(r0, r1, r2, r3, i):  # type: ignore[no-untyped-def]
    word = r0 if i < 8 else r1 if i < 16 else r2 if i < 24 else r3
    return np.uint8(word >> np.uint64(56 - 8 * (i & 7)) & np.uint64(0xFF))


@njit(cache=True, nogil=True)
def rs_encode(blocks, start, data_octets, interleave, table):  # type: ignore[no-untyped-def]
    """Write the check symbols behind the `data_octets` that stand at `start` of every row."""
    symbols = data_octets // interleave
    for f in range(blocks.shape[0]):
        row = blocks[f]
        for k in range(interleave):
            r0, r1, r2, r3 = _remainder(row, start + k, interleave, symbols, table)
            at = start + data_octets + k
            for i in range(ROOTS):
                row[at] = _octet(r0, r1, r2, r3, i)
                at += interleave


@njit(cache=True, nogil=True)
def rs_decode(  # type: ignore[no-untyped-def]
    blocks, interleave, table, syndrome_table, chien_table, exp, log, to_symbol, corrected
):
    """Correct every row in place; corrected[f, k] is the number of symbols mended in codeword k, -1 for too many."""
    codeword = blocks.shape[1] // interleave
    symbols = codeword - ROOTS
    difference = np.empty(ROOTS, np.uint8)
    for f in range(blocks.shape[0]):
        row = blocks[f]
        for k in range(interleave):
            r0, r1, r2, r3 = _remainder(row, k, interleave, symbols, table)
            at = k + symbols * interleave
            wrong = 0
            for i in range(ROOTS):
                difference[i] = _octet(r0, r1, r2, r3, i) ^ row[at]
                wrong |= difference[i]
                at += interleave
            corrected[f, k] = 0
            if wrong:
                corrected[f, k] = _correct(
                    row, k, interleave, codeword, difference, syndrome_table, chien_table, exp, log, to_symbol
                )


@njit(cache=True, nogil=True)
def _correct(  # type: ignore[no-untyped-def]
    row, first, stride, codeword, difference, syndrome_table, chien_table, exp, log, to_symbol
):
    """Berlekamp-Massey, Chien search and Forney's values for one codeword whose remainder is not zero."""
    syndromes = np.zeros(ROOTS, np.uint8)
    for i in range(ROOTS):
        contribution = syndrome_table[i, difference[i]]
        for j in range(ROOTS):
            syndromes[j] ^= contribution[j]
    locator, errors = _error_locator(syndromes, exp, log)
    if errors > CORRECTABLE:
        return -1
    sums = np.zeros(SYMBOLS, np.uint8)  # the locator at the inverse of every position's number
    for k in range(errors + 1):
        terms = chien_table[k, locator[k]]
        for i in range(SYMBOLS):
            sums[i] ^= terms[i]
    degrees = np.empty(CORRECTABLE, np.int64)
    found = 0
    for degree in range(codeword):  # virtual fill stands above and cannot be wrong
        if sums[degree] == 0 and found < errors:
            degrees[found] = degree
            found += 1
    if found != errors:
        return -1
    evaluator = np.zeros(CORRECTABLE, np.uint8)
    for i in range(errors):
        for j in range(i + 1):
            evaluator[i] ^= _multiply(syndromes[i - j], locator[j], exp, log)
    for e in range(errors):
        value = _error_value(degrees[e], errors, evaluator, locator, exp, log)
        row[first + (codeword - 1 - degrees[e]) * stride] ^= to_symbol[value]
    return errors


@njit(cache=True, nogil=True, inline="always")
def _multiply(a, b, exp, log):  # type: ignore[no-untyped-def]
    return np.uint8(exp[(log[a] + log[b]) % SYMBOLS]) if a != 0 and b != 0 else np.uint8(0)


@njit(cache=True, nogil=True)
def _error_locator(syndromes, exp, log):  # type: ignore[no-untyped-def]
    """Shortest register that makes the syndromes (Berlekamp-Massey) and its length."""
    locator = np.zeros(ROOTS + 1, np.uint8)
    previous = np.zeros(ROOTS + 1, np.uint8)
    scratch = np.empty(ROOTS + 1, np.uint8)
    locator[0] = previous[0] = 1
    length, shift, previous_log = 0, 1, 0
    for n in range(ROOTS):
        discrepancy = syndromes[n]
        for i in range(1, length + 1):
            discrepancy ^= _multiply(locator[i], syndromes[n - i], exp, log)
        if discrepancy == 0:
            shift += 1
            continue
        factor = np.uint8(exp[(log[discrepancy] + SYMBOLS - previous_log) % SYMBOLS])
        scratch[:] = locator
        for i in range(ROOTS + 1 - shift):
            locator[i + shift] ^= _multiply(factor, previous[i], exp, log)
        if 2 * length <= n:
            length = n + 1 - length
            previous[:] = scratch
            previous_log = log[discrepancy]
            shift = 1
        else:
            shift += 1
    return locator, length


@njit(cache=True, nogil=True)
def _error_value(degree, errors, evaluator, locator, exp, log):  # type: ignore[no-untyped-def]
    """Forney's formula; a position's number is alpha^(11 degree), and the roots start at its 112th power."""
    inverse = SYMBOLS - 11 * degree % SYMBOLS  # logarithm of the number's inverse
    numerator = np.uint8(0)
    for i in range(errors):
        if evaluator[i]:
            numerator ^= np.uint8(exp[(log[evaluator[i]] + i * inverse) % SYMBOLS])
    derivative = np.uint8(0)
    for i in range(1, errors + 1, 2):
        if locator[i]:
            derivative ^= np.uint8(exp[(log[locator[i]] + (i - 1) * inverse) % SYMBOLS])
    if numerator == 0:
        return np.uint8(0)
    return np.uint8(exp[(log[numerator] + SYMBOLS - log[derivative] + 111 * inverse) % SYMBOLS])
