# SPDX-License-Identifier: Apache-2.0
"""Service 5, events (ECSS-E-ST-70-41C 6.5): which are reported."""

from __future__ import annotations

import struct

from flatsat.protocols.dictionary import Dictionary
from flatsat.protocols.pus import Severity
from flatsat.protocols.telecommand import Arguments

from ..events import EventSink
from .answers import Answers
from .request import Commands, Effect, Failure, Rejected, integers

_IDENTIFIER = struct.Struct(">H")


class EventService:
    """Disables and enables event reports; those of the highest severity are always made."""

    key, version = 5, 1

    def __init__(self, dictionary: Dictionary, events: EventSink, answers: Answers) -> None:
        self._severities = {event.identifier: event.severity for event in dictionary.events.values()}
        self._events = events
        self._answers = answers

    @property
    def commands(self) -> Commands:
        return {"event_enable": self._enable, "event_disable": self._disable, "disabled_events": self._list}

    def pack(self) -> bytes:
        return b"".join(_IDENTIFIER.pack(identifier) for identifier in sorted(self._events.disabled))

    def restore(self, octets: bytes) -> None:
        disabled = {identifier for (identifier,) in _IDENTIFIER.iter_unpack(octets)}
        if any(not self._may_be_disabled(identifier) for identifier in disabled):
            raise ValueError("no such event, or one that is always reported")
        self._events.disabled = disabled

    def _may_be_disabled(self, identifier: int) -> bool:
        return self._severities.get(identifier, Severity.HIGH) is not Severity.HIGH

    def _enable(self, arguments: Arguments, now_ms: int) -> Effect:
        identifiers = integers(arguments, "event")
        return lambda: self._events.disabled.difference_update(identifiers)

    def _disable(self, arguments: Arguments, now_ms: int) -> Effect:
        identifiers = integers(arguments, "event")
        for identifier in identifiers:
            if not self._may_be_disabled(identifier):
                raise Rejected(Failure.NOT_NOW, identifier)
        return lambda: self._events.disabled.update(identifiers)

    def _list(self, arguments: Arguments, now_ms: int) -> Effect:
        def effect() -> None:
            for identifier in sorted(self._events.disabled):
                self._answers.add("disabled_event", (1, identifier))

        return effect
