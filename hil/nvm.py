# SPDX-License-Identifier: Apache-2.0
"""The satellite's non-volatile memory: named records in two copies, each with a CRC and a sequence number.

A write goes to the older copy, so that a loss of power in its middle leaves the newer one whole.
"""

from __future__ import annotations

import struct
import zlib

from .errors import FlatsatError

_HEADER = struct.Struct(">LL")  # sequence, CRC-32 over sequence and octets


class MemoryFull(FlatsatError):
    """A record does not fit the non-volatile memory."""


class NonVolatileMemory:
    """A bounded store of named records that survives resets of the flight computer.

    Args:
        capacity_octets: the most that all records may hold together, one copy counted.
    """

    def __init__(self, capacity_octets: int = 4096) -> None:
        self.capacity_octets = capacity_octets
        self._copies: dict[str, list[bytes]] = {}

    def read(self, name: str) -> bytes | None:
        """Return the newest copy of a record whose CRC holds, or None."""
        newest = _newest(self._copies.get(name, []))
        return None if newest is None else newest[1]

    def write(self, name: str, octets: bytes) -> None:
        """Replace a record.

        Raises:
            MemoryFull: the records would no longer fit.
        """
        others = sum(len(self.read(other) or b"") for other in self._copies if other != name)
        if others + len(octets) > self.capacity_octets:
            raise MemoryFull(
                f"record {name!r} of {len(octets)} octets does not fit: {others} of {self.capacity_octets} octets are taken"
            )
        copies = self._copies.setdefault(name, [b"", b""])
        newest = _newest(copies)
        sequence = 0 if newest is None else newest[0] + 1
        stamped = struct.pack(">L", sequence & 0xFFFFFFFF) + octets
        copies[sequence & 1] = _HEADER.pack(sequence & 0xFFFFFFFF, zlib.crc32(stamped)) + octets

    def corrupt(self, name: str, copy: int, bit: int) -> None:
        """Flip one bit of one copy, as radiation does."""
        octets = bytearray(self._copies[name][copy])
        octets[bit // 8 % len(octets)] ^= 1 << bit % 8
        self._copies[name][copy] = bytes(octets)


def _newest(copies: list[bytes]) -> tuple[int, bytes] | None:
    valid = [found for found in map(_checked, copies) if found is not None]
    return max(valid, default=None)


def _checked(copy: bytes) -> tuple[int, bytes] | None:
    if len(copy) < _HEADER.size:
        return None
    sequence, crc = _HEADER.unpack_from(copy)
    octets = copy[_HEADER.size :]
    return (sequence, octets) if zlib.crc32(struct.pack(">L", sequence) + octets) == crc else None
