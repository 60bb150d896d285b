# SPDX-License-Identifier: Apache-2.0
"""What outlives a reset: small records in the non-volatile memory."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from .modes import Level, Mode
from .ports import NonVolatileMemory

APIDS = 8  # those that have a packet counter
_BOOT = struct.Struct(">H8I?IBB")
_PART = struct.Struct(">BBH")  # key, version, length
BOOT_RECORD, COUNTER_RECORD, GROUND_RECORD, NODE_RECORD = "boot", "counters", "ground", "node cycles"
RECORDS = (BOOT_RECORD, COUNTER_RECORD, GROUND_RECORD, NODE_RECORD)  # by their numbers in telemetry
NEVER = 0xFFFFFFFF
WATCHDOG, DEAD_BUS = 1, 2  # boot causes


class BootRecord(NamedTuple):
    """What a boot has to know of the time before it. Times are board milliseconds modulo 2^32.

    Attributes:
        boots: how often the computer has started.
        resets_ms: when it was reset lately without having been told to, newest first.
        commanded: whether the ground has ordered the reset that comes next.
        safe_since_ms: since when flight software has been in a SAFE of its own, None when it is not.
        level: that flight software has chosen by itself.
        collapses: of the bus, since SAFE was last left.
    """

    boots: int = 0
    resets_ms: tuple[int, ...] = ()
    commanded: bool = False
    safe_since_ms: int | None = None
    level: Level = Level.NORMAL
    collapses: int = 0

    def booted(self, boot_cause: int, now_ms: int) -> BootRecord:
        """The record of the boot that follows; only a watchdog's reset that was not commanded is counted among the resets."""
        now_ms &= 0xFFFFFFFF
        own_fault = boot_cause == WATCHDOG and not self.commanded
        resets_ms = (now_ms, *self.resets_ms) if own_fault else self.resets_ms
        dead_bus = boot_cause == DEAD_BUS
        level = Level.SAFE if dead_bus else self.level
        since_ms = self.safe_since_ms if boot_cause == WATCHDOG else now_ms
        return BootRecord(
            self.boots + 1 & 0xFFFF,
            resets_ms[:8],
            False,
            since_ms if level.mode is Mode.SAFE else None,
            level,
            min(self.collapses + dead_bus, 0xFF),
        )

    def store(self, memory: NonVolatileMemory) -> None:
        """Write it; the eight newest resets are kept."""
        times = (*self.resets_ms, *(NEVER,) * 8)[:8]
        since_ms = NEVER if self.safe_since_ms is None else self.safe_since_ms & 0xFFFFFFFF
        counts = self.level, self.collapses
        memory.write(BOOT_RECORD, _BOOT.pack(self.boots & 0xFFFF, *times, self.commanded, since_ms, *counts))

    @classmethod
    def load(cls, memory: NonVolatileMemory) -> BootRecord:
        """Read it; an empty one if there is none."""
        octets = memory.read(BOOT_RECORD)
        if octets is None or len(octets) != _BOOT.size:
            return cls()
        boots, *times, commanded, since_ms, level, collapses = _BOOT.unpack(octets)
        resets_ms = tuple(time for time in times if time != NEVER)
        return cls(
            boots, resets_ms, commanded, None if since_ms == NEVER else since_ms, Level(level), collapses
        )


class KeptRecords:
    """The non-volatile memory as the rest of flight software sees it: what was written is held against what can be read.

    The memory keeps two copies of a record. When the newer one is damaged it gives the older one, which is not what was
    written last: a scrub notices, and writes that again.
    """

    __slots__ = ("_memory", "_turn", "_written")

    def __init__(self, memory: NonVolatileMemory) -> None:
        self._memory = memory
        self._written: dict[str, bytes] = {}
        self._turn = 0

    def read(self, name: str) -> bytes | None:
        """Return a record, or None if there is none that is whole."""
        return self._memory.read(name)

    def write(self, name: str, octets: bytes) -> None:
        """Replace a record."""
        self._written[name] = octets
        self._memory.write(name, octets)

    def scrub(self) -> int | None:
        """Check the next of RECORDS; returns its number if it was damaged."""
        number, self._turn = self._turn, (self._turn + 1) % len(RECORDS)
        octets = self._written.get(RECORDS[number])
        if octets is None or self._memory.read(RECORDS[number]) == octets:
            return None
        self._memory.write(RECORDS[number], octets)
        return number


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

    A reset before that moment leaves settings as they were and the telecommand not yet done; a reset after it leaves them set.
    So settings take effect exactly once. What a telecommand orders once (a restart of a node, a search of the laser, reports)
    is not kept: a reset between the write and the end of the cycle leaves it recorded and not done. It happens at most once.
    """

    __slots__ = ("_loaded", "_memory", "_octets", "_parts")

    def __init__(self, memory: NonVolatileMemory, parts: Sequence[Part]) -> None:
        self._memory = memory
        self._parts = parts
        self._octets: dict[int, bytes] = {}
        self._loaded = {part.key: part.pack() for part in parts}

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

    def restore_loaded(self, parts: Sequence[Part]) -> bool:
        """Put these parts back to what they were before the ground set anything, and write the record if that changes it."""
        changed = [part for part in parts if part.pack() != self._loaded[part.key]]
        for part in changed:
            part.restore(self._loaded[part.key])
        if changed:
            self.store(changed)
        return bool(changed)

    def _pack(self, part: Part) -> None:
        octets = part.pack()
        self._octets[part.key] = _PART.pack(part.key, part.version, len(octets)) + octets


def _parts(record: bytes) -> Iterator[tuple[int, int, bytes]]:
    offset = 0
    while offset + _PART.size <= len(record):
        key, version, length = _PART.unpack_from(record, offset)
        offset += _PART.size + length
        if offset <= len(record):  # else it is cut short
            yield key, version, record[offset - length : offset]
