# SPDX-License-Identifier: Apache-2.0
"""Reports that answer telecommands: they wait here, and a few leave each cycle."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from flatsat.protocols.dictionary import Dictionary, PacketDefinition

CAPACITY = 256
EACH_CYCLE = 8
LARGEST = 3 + 64  # reports that one telecommand may cause: verification, and an item each
UNASKED = 0  # destination of reports that answer no telecommand


class Answers:
    """A bounded queue of reports.

    Who needs room for what it will say asks first, and puts off what it would do: so none is ever lost for want of room.

    Attributes:
        destination: source identifier of the telecommand that is being carried out; its reports go there.
    """

    __slots__ = ("_packets", "_waiting", "destination")

    def __init__(self, dictionary: Dictionary) -> None:
        self._packets = dictionary.packets
        self._waiting: deque[tuple[PacketDefinition, int, Sequence[float], int]] = deque(maxlen=CAPACITY)
        self.destination = UNASKED

    @property
    def room(self) -> int:
        """How many more reports fit."""
        return CAPACITY - len(self._waiting)

    @property
    def spare(self) -> int:
        """How many more fit beside those of one telecommand of the schedule, whose turn may come at any time."""
        return self.room - LARGEST

    def add(self, name: str, raw: Sequence[float] = (), subtype: int | None = None) -> None:
        """Report raw values in a packet of the dictionary; without a subtype, in its first one."""
        packet = self._packets[name]
        kind = packet.subtype if subtype is None else subtype
        self._waiting.append((packet, kind, raw, self.destination))

    def take(self) -> list[tuple[PacketDefinition, int, Sequence[float], int]]:
        """Reports to send now, oldest first: packet, subtype, raw values and destination."""
        if not self._waiting:
            return []
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), EACH_CYCLE))]
