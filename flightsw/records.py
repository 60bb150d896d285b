# SPDX-License-Identifier: Apache-2.0
"""What outlives a reset: small records in the non-volatile memory."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from .ports import NonVolatileMemory

APIDS = 8  # those that have a packet counter
_BOOT = struct.Struct(">H8I")
_PART = struct.Struct(">BBH")  # key, version, length
BOOT_RECORD, COUNTER_RECORD, GROUND_RECORD = "boot", "counters", "ground"
NEVER = 0xFFFFFFFF


class BootRecord(NamedTuple):
    """How often the computer has started, and when it was reset lately (board milliseconds, newest first)."""

    boots: int = 0
    resets_ms: tuple[int, ...] = ()

    def store(self, memory: NonVolatileMemory) -> None:
        """Write it; the eight newest resets are kept."""
        times = (*self.resets_ms, *(NEVER,) * 8)[:8]
        memory.write(BOOT_RECORD, _BOOT.pack(self.boots & 0xFFFF, *times))

    @classmethod
    def load(cls, memory: NonVolatileMemory) -> BootRecord:
        """Read it; an empty one if there is none."""
        octets = memory.read(BOOT_RECORD)
        if octets is None or len(octets) != _BOOT.size:
            return cls()
        boots, *times = _BOOT.unpack(octets)
        return cls(boots, tuple(time for time in times if time != NEVER))


class Counters:
    """Counts that the ground follows, and that must not repeat after a reset.

    Attributes:
        frames: frames made, modulo 2^28 (frame count and its cycle).
        packets: packets of each APID, modulo 16,384.
        messages: reports of each kind, modulo 65,536.

    Args:
        kinds: how many kinds of reports there are.
    """

    __slots__ = ("_layout", "frames", "messages", "packets")

    def __init__(self, memory: NonVolatileMemory, kinds: int) -> None:
        self._layout = struct.Struct(f">I{APIDS}H{kinds}H")
        octets = memory.read(COUNTER_RECORD)
        if octets is None or len(octets) != self._layout.size:
            octets = bytes(self._layout.size)
        self.frames, *counts = self._layout.unpack(octets)
        self.packets, self.messages = counts[:APIDS], counts[APIDS:]

    def store(self, memory: NonVolatileMemory) -> None:
        """Write them: before the frame that bears them goes out."""
        memory.write(COUNTER_RECORD, self._layout.pack(self.frames, *self.packets, *self.messages))


class Part(Protocol):
    """Something that the ground has set, as octets. What `pack` made, `restore` takes.

    Attributes:
        key: which part it is, 0 to 255.
        version: of its layout, 0 to 255.
    """

    key: int
    version: int

    def pack(self) -> bytes:
        """Octets that are worth keeping, 65,535 at most."""

    def restore(self, octets: bytes) -> None:
        """Take over what was kept. Raises ValueError or struct.error, and has then changed nothing."""


class GroundRecord:
    """All that telecommands have set and done, in one record: a write of it is the one moment at which a telecommand counts.

    A reset before that moment leaves everything as it was, a reset after it leaves everything done.
    """

    __slots__ = ("_memory", "_octets", "_parts")

    def __init__(self, memory: NonVolatileMemory, parts: Sequence[Part]) -> None:
        self._memory = memory
        self._parts = parts
        self._octets: dict[int, bytes] = {}

    def load(self) -> tuple[int, ...] | None:
        """Restore the parts. Returns the keys of those that are not whole and so begin anew; None: there is no whole record."""
        record = self._memory.read(GROUND_RECORD)
        found = {} if record is None else {key: (version, octets) for key, version, octets in _parts(record)}
        lost = []
        for part in self._parts:
            version, octets = found.get(part.key, (-1, b""))
            try:
                if version != part.version:
                    raise ValueError(version)
                part.restore(octets)
            except (ValueError, struct.error):
                lost.append(part.key)
            self._pack(part)
        return None if record is None else tuple(lost)

    def store(self, changed: Sequence[Part]) -> None:
        """Write the record, with these parts as they are now."""
        for part in changed:
            self._pack(part)
        self._memory.write(GROUND_RECORD, b"".join(self._octets.values()))

    def _pack(self, part: Part) -> None:
        octets = part.pack()
        self._octets[part.key] = _PART.pack(part.key, part.version, len(octets)) + octets


def _parts(record: bytes) -> Iterator[tuple[int, int, bytes]]:
    offset = 0
    while offset + _PART.size <= len(record):
        key, version, length = _PART.unpack_from(record, offset)
        offset += _PART.size + length
        yield key, version, record[offset - length : offset]
