# SPDX-License-Identifier: Apache-2.0
"""What a cycle reports: events, answers to telecommands, and the housekeeping that is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flatsat.protocols.dictionary import Dictionary

from ..events import EventSink
from ..housekeeping import Schedule
from ..laser import LaserControl, Zone
from ..telecommand.answers import Answers
from .downlink import Downlink


class Reporting:
    """Fills packets and zones; zones wait in the laser's queue.

    Args:
        sampled: raw values of a housekeeping report by its name, None when its board did not answer in this cycle.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        downlink: Downlink,
        events: EventSink,
        answers: Answers,
        schedule: Schedule,
        sampled: Callable[[str], Sequence[float] | None],
    ) -> None:
        self._event_packet = dictionary.packets["event"]
        self._downlink = downlink
        self._events = events
        self._answers = answers
        self._schedule = schedule
        self._sampled = sampled

    def report(self, now_ms: int, laser: LaserControl) -> None:
        """Send what there is to say in this cycle."""
        send, schedule = self._downlink.send, self._schedule
        zones: list[Zone] = []
        for event, *raw in self._events.take(now_ms):
            zones += send(self._event_packet, event.severity, (event.identifier, *raw), now_ms)
        for packet, subtype, values, destination in self._answers.take():
            zones += send(packet, subtype, values, now_ms, destination)
        for name in schedule.due(now_ms):
            sample = self._sampled(name)
            if sample is not None:
                definition = schedule.made(name, now_ms)
                zones += send(definition, definition.subtype, sample, now_ms)
        zones += self._downlink.close_late(now_ms)
        for zone in zones:
            laser.push(zone, now_ms, self._events)
