# SPDX-License-Identifier: Apache-2.0
"""What outlives a reset: small records in the non-volatile memory, each of one fixed length."""

from __future__ import annotations

import struct
from typing import NamedTuple

from .ports import NonVolatileMemory

_COUNTS = 8  # packet kinds there is room for
_BOOT = struct.Struct(">H8I")
_COUNTERS = struct.Struct(f">I{_COUNTS}H{_COUNTS}H")
BOOT_RECORD, COUNTER_RECORD = "boot", "counters"
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
        messages: reports of each PUS service and subtype, modulo 65,536.
    """

    __slots__ = ("frames", "messages", "packets")

    def __init__(self, memory: NonVolatileMemory) -> None:
        octets = memory.read(COUNTER_RECORD)
        if octets is None or len(octets) != _COUNTERS.size:
            octets = bytes(_COUNTERS.size)
        self.frames, *counts = _COUNTERS.unpack(octets)
        self.packets, self.messages = counts[:_COUNTS], counts[_COUNTS:]

    def store(self, memory: NonVolatileMemory) -> None:
        """Write them: before the frame that bears them goes out."""
        memory.write(COUNTER_RECORD, _COUNTERS.pack(self.frames, *self.packets, *self.messages))
