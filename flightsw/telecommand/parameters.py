# SPDX-License-Identifier: Apache-2.0
"""Service 20, parameters (ECSS-E-ST-70-41C 6.20): flight software's parameters, read and set."""

from __future__ import annotations

import struct

from flatsat.protocols.telecommand import Arguments

from ..events import EventSink
from ..settable import ParameterTable
from .answers import Answers
from .request import Commands, Effect, Failure, Rejected, integers, numbers

_VALUE = struct.Struct(">Hf")


class ParameterService:
    """Reads and sets the parameter table."""

    key, version = 20, 1

    def __init__(self, table: ParameterTable, events: EventSink, answers: Answers) -> None:
        self._table = table
        self._events = events
        self._answers = answers

    @property
    def commands(self) -> Commands:
        return {"parameter_report": self._report, "parameter_set": self._set}

    def pack(self) -> bytes:
        return b"".join(_VALUE.pack(*item) for item in sorted(self._table.changed.items()))

    def restore(self, octets: bytes) -> None:
        table = self._table
        values = dict(_VALUE.iter_unpack(octets))
        if not all(identifier in table and table.permits(identifier, v) for identifier, v in values.items()):
            raise ValueError("no such parameter, or out of range")
        if not table.fits_loaded(values):
            raise ValueError("parameters that do not fit each other")
        table.reset()
        table.set(values)

    def _report(self, arguments: Arguments, now_ms: int) -> Effect:
        identifiers = integers(arguments, "parameter")

        def effect() -> None:
            for identifier in identifiers:
                self._answers.add("parameter_value", (1, identifier, self._table.value(identifier)))

        return effect

    def _set(self, arguments: Arguments, now_ms: int) -> Effect:
        identifiers = integers(arguments, "parameter")
        values: dict[int, float] = {}
        for identifier, value in zip(identifiers, numbers(arguments, "value"), strict=True):
            if not self._table.permits(identifier, value):
                raise Rejected(Failure.OUT_OF_RANGE, identifier)
            if identifier in values:
                raise Rejected(Failure.INCONSISTENT, identifier)
            values[identifier] = value
        if not self._table.consistent(values):
            raise Rejected(Failure.INCONSISTENT, identifiers[0])

        def effect() -> None:
            self._table.set(values)
            for identifier in values:
                self._events.raise_event("PARAMETER_CHANGED", now_ms, identifier)

        return effect
