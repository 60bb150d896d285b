# SPDX-License-Identifier: Apache-2.0
"""How steady a run was: how far down its ladder flight software went, how often the level moved, how many boots nodes had."""

from __future__ import annotations

from typing import Protocol

from .plant.loads import BOOT, NODES


class OnLevel(Protocol):
    """Flight software, as far as it is looked at here."""

    @property
    def level(self) -> int: ...


class Steadiness:
    """Takes in the end of every cycle.

    Attributes:
        deepest: the furthest down the ladder: 0 normal to 4 safe.
        changes: how often the level was another than a cycle before; a restart of flight software is none by itself.
        boots: how often a node began to boot.
    """

    __slots__ = ("_level", "_states", "boots", "changes", "deepest")

    def __init__(self) -> None:
        self.deepest = self.changes = self.boots = 0
        self._level = self._states = 0

    def see(self, flight: OnLevel | None, node_state: int) -> None:
        """The end of a cycle.

        Args:
            flight: None while the computer is off.
            node_state: of each node, two bits.
        """
        if node_state != self._states:
            self.boots += (_booting(node_state) & ~_booting(self._states)).bit_count()
            self._states = node_state
        if flight is not None and flight.level != self._level:
            self._level = int(flight.level)
            self.deepest = max(self.deepest, self._level)
            self.changes += 1


def _booting(node_state: int) -> int:
    """A mask of the nodes that boot, two bits apart."""
    return sum(1 << 2 * node for node in range(NODES) if node_state >> 2 * node & 3 == BOOT)
