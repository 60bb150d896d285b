# SPDX-License-Identifier: Apache-2.0
"""The level in force: the ladder's, or a lower one at which the ground holds the satellite; and what of it outlives a reset."""

from __future__ import annotations

from .events import EventSink
from .ladder import Cause, Condition, Ladder
from .modes import Level, Mode
from .parameters import FlightParameters
from .records import BootFile
from .safe import SafeWatch


class LevelControl:
    """Follows the ladder and the ground, and tells of each level passed.

    Attributes:
        level: in force.
    """

    __slots__ = ("_events", "_file", "_ladder", "_safe", "level")

    def __init__(
        self, parameters: FlightParameters, file: BootFile, events: EventSink, booted_ms: int
    ) -> None:
        self._file = file
        self._events = events
        self._ladder = Ladder(parameters, file.record.level)
        self._safe = SafeWatch(parameters, file.record.safe_since_ms, booted_ms)
        self.level = file.record.level

    def listening(self, now_ms: int) -> bool:
        """Whether laser terminal and compute board are on whatever the level."""
        return self._safe.listening(now_ms)

    def decide(self, now_ms: int, condition: Condition, held: Level, elapsed_s: float) -> bool:
        """Take in a sample; returns whether SAFE has lasted so long that what the ground has set is to be given up.

        Args:
            held: the level at or below which the ground holds the satellite.
        """
        ladder, mode = self._ladder, self.level.mode
        changes = ladder.step(condition, elapsed_s)
        if changes:
            collapses = self._file.record.collapses if ladder.level.mode is Mode.SAFE else 0
            self._file.keep(level=ladder.level, collapses=collapses)
        for level, cause in changes:
            self._pass(now_ms, max(level, held), cause)
        self._pass(now_ms, max(ladder.level, held), Cause.GROUND)
        if self.level.mode is not mode:
            self._events.raise_event("MODE_CHANGED", now_ms, mode, self.level.mode)
        return self._watch_safe(now_ms)

    def _pass(self, now_ms: int, target: Level, cause: Cause) -> None:
        while self.level is not target:
            self.level = Level(self.level + (1 if target > self.level else -1))
            self._events.raise_event("LEVEL_CHANGED", now_ms, self.level, cause)

    def _watch_safe(self, now_ms: int) -> bool:
        followed = self._safe.follow(self._ladder.level.mode, now_ms)
        lasted = not followed and self._safe.has_lasted(now_ms)
        if followed or lasted:
            self._file.keep(safe_since_ms=self._safe.since_ms)
        return lasted
