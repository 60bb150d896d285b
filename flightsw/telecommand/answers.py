# SPDX-License-Identifier: Apache-2.0
"""Reports that answer telecommands: they wait here, and a few leave each cycle."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from flatsat.protocols.dictionary import Dictionary, PacketDefinition

CAPACITY = 256
EACH_CYCLE = 8
LARGEST = 3 + 64  # reports that one telecommand may cause: verification, and an item each


class Answers:
    """A bounded queue of reports.

    Who needs room for what it will say asks first, and puts off what it would do: so none is ever lost for want of room.
    """

    __slots__ = ("_packets", "_waiting")

    def __init__(self, dictionary: Dictionary) -> None:
        self._packets = dictionary.packets
        self._waiting: deque[tuple[PacketDefinition, int, Sequence[float]]] = deque(maxlen=CAPACITY)

    @property
    def room(self) -> int:
        """How many more reports fit."""
        return CAPACITY - len(self._waiting)

    def add(self, name: str, raw: Sequence[float] = (), subtype: int | None = None) -> None:
        """Report raw values in a packet of the dictionary; without a subtype, in its first one."""
        packet = self._packets[name]
        self._waiting.append((packet, packet.subtype if subtype is None else subtype, raw))

    def take(self) -> list[tuple[PacketDefinition, int, Sequence[float]]]:
        """Reports to send now, oldest first: packet, subtype and raw values."""
        if not self._waiting:
            return []
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), EACH_CYCLE))]
