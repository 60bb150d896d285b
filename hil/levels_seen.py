# SPDX-License-Identifier: Apache-2.0
"""How far down flight software's ladder a run went, and how often the level moved."""

from __future__ import annotations

from typing import Protocol


class OnLevel(Protocol):
    """Flight software, as far as it is looked at here."""

    @property
    def level(self) -> int: ...


class LevelsSeen:
    """Takes in the level at the end of every cycle.

    Attributes:
        deepest: the furthest down: 0 normal to 4 safe.
        changes: how often it was another than a cycle before; a restart of flight software is none by itself.
    """

    __slots__ = ("_last", "changes", "deepest")

    def __init__(self) -> None:
        self.deepest = self.changes = self._last = 0

    def see(self, flight: OnLevel | None) -> None:
        """The end of a cycle; None while the computer is off."""
        if flight is None:
            return
        level = int(flight.level)
        self.deepest = max(self.deepest, level)
        self.changes += level != self._last
        self._last = level

    def as_dict(self) -> dict[str, int]:
        """As it stands in `summary.json`."""
        return {"deepest": self.deepest, "changes": self.changes}
