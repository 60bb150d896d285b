# SPDX-License-Identifier: Apache-2.0
"""Event reports: what happened on board that the ground should know, at most a few each cycle."""

from __future__ import annotations

from collections import deque

from flatsat.protocols.dictionary import Dictionary, EventDefinition

BACKLOG = 64
EACH_CYCLE = 4


class EventSink:
    """Collects events and lets out a few a cycle; when too many wait, the newest are only counted.

    Attributes:
        raised: how many there were, modulo 65,536; disabled ones and those that found no room included.
        disabled: identifiers of those that are not reported.
    """

    __slots__ = ("_definitions", "_waiting", "disabled", "raised")

    def __init__(self, dictionary: Dictionary) -> None:
        self._definitions = dictionary.events
        self._waiting: deque[tuple[EventDefinition, int, int, int]] = deque()
        self.disabled: set[int] = set()
        self.raised = 0

    def raise_event(self, name: str, now_ms: int, parameter0: int = 0, parameter1: int = 0) -> None:
        """Report an event of the dictionary; its parameters are cut to 32 bits."""
        self.raised = (self.raised + 1) & 0xFFFF
        event = self._definitions[name]
        if len(self._waiting) < BACKLOG and event.identifier not in self.disabled:
            self._waiting.append((event, now_ms & 0xFFFFFFFF, _signed(parameter0), _signed(parameter1)))

    def take(self) -> list[tuple[EventDefinition, int, int, int]]:
        """Events to send now, oldest first: definition, time and both parameters."""
        if not self._waiting:
            return []
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), EACH_CYCLE))]


def _signed(value: int) -> int:
    return (value + 0x80000000) % 0x100000000 - 0x80000000
