# SPDX-License-Identifier: Apache-2.0
"""CRC of RMAP headers and data (ECSS-E-ST-50-52C): x^8 + x^2 + x + 1, least significant bit first, preset 0."""

from functools import lru_cache

LONGEST_TABLED = 128  # octets: up to there looking each up costs less than folding
_PERIOD = 127  # x^(8 * 127) = 1 modulo the polynomial


def _remainders() -> bytes:
    table = list(range(256))
    for _ in range(8):
        table = [remainder >> 1 ^ 0xE0 * (remainder & 1) for remainder in table]
    return bytes(table)


def _shifts() -> tuple[bytes, ...]:
    """For each number of octets, modulo 127: what the octet weighs that is so many places from the end."""
    shifted, tables = bytes(range(256)), []
    for _ in range(_PERIOD):
        tables.append(shifted)
        shifted = shifted.translate(_REMAINDERS)
    return tuple(tables)


_REMAINDERS = _remainders()
_SHIFTED = _shifts()
_TABLE = tuple(_REMAINDERS)
_OCTETS = tuple(bytes((value,)) for value in range(256))


@lru_cache(maxsize=256)
def crc8(octets: bytes) -> int:
    """CRC of some octets; over octets and their CRC it is 0. Who checks a CRC asks what who made it has just asked."""
    while len(octets) > LONGEST_TABLED:
        octets = _folded(octets, len(octets) + 1 >> 1)
    crc, table = 0, _TABLE
    for octet in octets:
        crc = table[crc ^ octet]
    return crc


def _folded(octets: bytes, half: int) -> bytes:
    """As many octets as `half`, with the same CRC: what is before the last half is shifted there and added."""
    head = octets[:-half].translate(_SHIFTED[half % _PERIOD])
    return (int.from_bytes(head, "big") ^ int.from_bytes(octets[-half:], "big")).to_bytes(half, "big")


def with_crc(octets: bytes) -> bytes:
    """Octets and their CRC."""
    return octets + _OCTETS[crc8(octets)]


class NumberedHeader:
    """A header for every transaction identifier. The CRC is linear: that of the rest is worked out once.

    Args:
        header: its octets, transaction identifier 0, without CRC.
        transaction_at: the place of the identifier's two octets.
    """

    __slots__ = ("_after", "_before", "_crc", "_high", "_low")

    def __init__(self, header: bytes, transaction_at: int) -> None:
        self._before, self._after = header[:transaction_at], header[transaction_at + 2 :]
        self._crc = crc8(header)
        self._high, self._low = _SHIFTED[len(self._after) + 2], _SHIFTED[len(self._after) + 1]

    def crc(self, transaction: bytes) -> int:
        """CRC of the header with this transaction identifier (2 octets)."""
        high, low = transaction
        return self._crc ^ self._high[high] ^ self._low[low]

    def octets(self, transaction: bytes) -> bytes:
        """The header with this transaction identifier (2 octets), and its CRC."""
        high, low = transaction
        return (
            self._before + transaction + self._after + _OCTETS[self._crc ^ self._high[high] ^ self._low[low]]
        )
