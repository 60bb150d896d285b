# SPDX-License-Identifier: Apache-2.0
"""CRC of RMAP headers and data (ECSS-E-ST-50-52C): x^8 + x^2 + x + 1, least significant bit first, preset 0."""

from functools import lru_cache

_PERIOD = 127


def _table() -> bytes:
    table = list(range(256))
    for _ in range(8):
        table = [remainder >> 1 ^ 0xE0 * (remainder & 1) for remainder in table]
    return bytes(table)


_TABLE = _table()
_OCTETS = tuple(bytes((value,)) for value in range(256))


@lru_cache(maxsize=256)
def crc8(octets: bytes) -> int:
    """CRC of some octets; over octets and their CRC it is 0. Who checks a CRC asks what who made it has just asked."""
    if len(octets) > _PERIOD:
        octets = _folded(octets)
    crc = 0
    for octet in octets:
        crc = _TABLE[crc ^ octet]
    return crc


def _folded(octets: bytes) -> bytes:
    # x^(8 * 127) = 1 modulo the polynomial, so octets that far apart weigh the same and may be added first.
    total = 0
    for end in range(len(octets), 0, -_PERIOD):
        total ^= int.from_bytes(octets[max(end - _PERIOD, 0) : end], "big")
    return total.to_bytes(_PERIOD, "big")


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
        self._low = _followed_by(len(self._after))
        self._high = self._low.translate(_TABLE)

    def crc(self, transaction: bytes) -> int:
        """CRC of the header with this transaction identifier (2 octets)."""
        high, low = transaction
        return self._crc ^ self._high[high] ^ self._low[low]

    def octets(self, transaction: bytes) -> bytes:
        """The header with this transaction identifier (2 octets), and its CRC."""
        high, low = transaction
        crc = self._crc ^ self._high[high] ^ self._low[low]
        return self._before + transaction + self._after + _OCTETS[crc]


def _followed_by(octets: int) -> bytes:
    """CRC of each value of an octet that so many zeros follow."""
    table = _TABLE
    for _ in range(octets):
        table = table.translate(_TABLE)
    return table
