# SPDX-License-Identifier: Apache-2.0
"""Event reports: what happened on board that the ground should know, at most a few each cycle.

Each event may be told so often a minute; beyond that it is counted, and the count told when the minute is over. So a storm of
one cannot drown the others.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from flatsat.protocols.dictionary import Dictionary, EventDefinition

BACKLOG = 64
EACH_CYCLE = 4
EACH_MINUTE = 20  # all sixteen nodes may say the same
MINUTE_MS = 60_000

Listener = Callable[..., None]
"""Hears of every event as it is raised, told or not: its name, the time and its parameters."""


class EventSink:
    """Collects events and lets out a few a cycle; when too many wait, the newest are only counted.

    Args:
        listener: of the bench; flight software neither knows nor needs it.

    Attributes:
        raised: how many there were, modulo 65,536; disabled ones and those that found no room included.
        disabled: identifiers of those that are not reported.
    """

    __slots__ = ("_definitions", "_listener", "_minutes", "_waiting", "disabled", "raised")

    def __init__(self, dictionary: Dictionary, listener: Listener | None = None) -> None:
        self._definitions = dictionary.events
        self._listener = listener
        self._waiting: deque[tuple[EventDefinition, int, int, int]] = deque()
        self._minutes: dict[int, _Minute] = {}
        self.disabled: set[int] = set()
        self.raised = 0

    def raise_event(self, name: str, now_ms: int, parameter0: int = 0, parameter1: int = 0) -> None:
        """Report an event of the dictionary; its parameters are cut to 32 bits."""
        if self._listener:
            self._listener(name, now_ms, parameter0, parameter1)
        self.raised = (self.raised + 1) & 0xFFFF
        event = self._definitions[name]
        if event.identifier in self.disabled:
            return
        minute = self._minutes.get(event.identifier)
        if minute is None:
            minute = self._minutes[event.identifier] = _Minute(now_ms)
        if minute.told == EACH_MINUTE:
            minute.suppressed += 1
        elif self._add(event, now_ms, parameter0, parameter1):
            minute.told += 1

    def take(self, now_ms: int) -> list[tuple[EventDefinition, int, int, int]]:
        """Events to send now, oldest first: definition, time and both parameters."""
        if self._minutes:
            self._close_minutes(now_ms)
        if not self._waiting:
            return []
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), EACH_CYCLE))]

    def _close_minutes(self, now_ms: int) -> None:
        over = [key for key, minute in self._minutes.items() if now_ms - minute.since_ms >= MINUTE_MS]
        for identifier in over:
            suppressed = self._minutes[identifier].suppressed
            event = self._definitions["EVENTS_SUPPRESSED"]
            if suppressed == 0 or self._add(event, now_ms, identifier, suppressed):
                del self._minutes[identifier]

    def _add(self, event: EventDefinition, now_ms: int, parameter0: int, parameter1: int) -> bool:
        if len(self._waiting) >= BACKLOG:
            return False
        self._waiting.append((event, now_ms & 0xFFFFFFFF, _signed(parameter0), _signed(parameter1)))
        return True


class _Minute:
    """How often an event was told, and how often not, since a time."""

    __slots__ = ("since_ms", "suppressed", "told")

    def __init__(self, since_ms: int) -> None:
        self.since_ms = since_ms
        self.told = self.suppressed = 0


def _signed(value: int) -> int:
    return (value + 0x80000000) % 0x100000000 - 0x80000000
