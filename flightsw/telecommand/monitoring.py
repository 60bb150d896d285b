# SPDX-License-Identifier: Apache-2.0
"""Service 12, on-board monitoring (ECSS-E-ST-70-41C 6.12): housekeeping parameters held against limits each cycle."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from flatsat.protocols.dictionary import Parameter
from flatsat.protocols.telecommand import Arguments

from ..housekeeping import Schedule
from .answers import Answers
from .monitor import CheckState, Monitor
from .request import Commands, Effect, Failure, Rejected, integers, numbers

MONITORS = 32
_KEPT = struct.Struct(">HHB?ff")


class MonitoringService:
    """The monitors, by number.

    Attributes:
        active: whether there is anything to check.
    """

    key, version = 12, 1

    def __init__(
        self, schedule: Schedule, sampled: Callable[[str], Sequence[float] | None], answers: Answers
    ) -> None:
        self._sampled = sampled
        self._answers = answers
        self._parameters: dict[int, tuple[str, int, Parameter]] = {
            structure << 8 | place: (name, place, parameter)
            for structure, name in schedule.names.items()
            for place, parameter in enumerate(schedule.definitions[name].parameters)
        }
        self._monitors: dict[int, Monitor] = {}
        self._enabled = True
        self.active = False

    @property
    def commands(self) -> Commands:
        return {
            "monitor_enable": lambda arguments, now_ms: self._switch(arguments, True),
            "monitor_disable": lambda arguments, now_ms: self._switch(arguments, False),
            "monitor_delete_all": self._delete_all,
            "monitor_add": self._add,
            "monitor_delete": self._delete,
            "monitor_definitions": self._definitions,
            "monitor_status": lambda arguments, now_ms: self._status,
            "monitoring_enable": lambda arguments, now_ms: lambda: self._run(True),
            "monitoring_disable": lambda arguments, now_ms: lambda: self._run(False),
        }

    def check(self, now_ms: int) -> None:
        """Hold this cycle's samples against the limits. Without room for the reports, it is a cycle without samples."""
        if self._answers.spare < len(self._monitors):
            return
        samples: dict[str, Sequence[float] | None] = {}
        for monitor in self._monitors.values():
            name, place, parameter = self._parameters[monitor.parameter]
            if not monitor.enabled:
                continue
            if name not in samples:
                samples[name] = self._sampled(name)
            sample = samples[name]
            if sample is not None:
                value = _engineering(parameter, sample[place])
                before = monitor.follow(value)
                if before is not None:
                    self._report(monitor, value, before, now_ms)

    def pack(self) -> bytes:
        return bytes([self._enabled]) + b"".join(
            _KEPT.pack(m.number, m.parameter, m.repetition, m.enabled, m.low, m.high)
            for m in self._monitors.values()
        )

    def restore(self, octets: bytes) -> None:
        if not octets:
            raise ValueError("no monitors")
        monitors = {}
        for number, parameter, repetition, enabled, low, high in _KEPT.iter_unpack(octets[1:]):
            monitors[number] = Monitor(number, parameter, repetition, low, high)
            monitors[number].enabled = enabled
            if parameter not in self._parameters or not low <= high:
                raise ValueError("no such parameter, or no limits")
        if len(monitors) > MONITORS:
            raise ValueError("too many monitors")
        self._monitors = monitors
        self._run(bool(octets[0]))

    def _report(self, monitor: Monitor, value: float, before: CheckState, now_ms: int) -> None:
        crossed = before if monitor.state is CheckState.WITHIN else monitor.state
        limit = monitor.low if crossed is CheckState.BELOW else monitor.high
        states = (value, limit, before, monitor.state, now_ms & 0xFFFFFFFF)
        self._answers.add("check_transition", (1, monitor.number, monitor.parameter, *states))

    def _run(self, enabled: bool) -> None:
        """Start or stop checking; what was found while it was stopped is not known."""
        self._enabled = enabled
        if not enabled:
            for monitor in self._monitors.values():
                monitor.forget()
        self._count()

    def _count(self) -> None:
        self.active = self._enabled and any(monitor.enabled for monitor in self._monitors.values())

    def _switch(self, arguments: Arguments, enabled: bool) -> Effect:
        monitors = self._known(arguments)

        def effect() -> None:
            for monitor in monitors:
                if monitor.enabled is not enabled:
                    monitor.enabled = enabled
                    monitor.forget()
            self._count()

        return effect

    def _add(self, arguments: Arguments, now_ms: int) -> Effect:
        columns = (
            *(integers(arguments, name) for name in ("monitor", "parameter", "repetition")),
            *(numbers(arguments, name) for name in ("low", "high")),
        )
        added: dict[int, Monitor] = {}
        for number, parameter, repetition, low, high in zip(*columns, strict=True):
            if number in self._monitors or number in added or low > high:
                raise Rejected(Failure.INCONSISTENT, int(number))
            added[int(number)] = Monitor(int(number), int(parameter), int(repetition), low, high)
        if len(self._monitors) + len(added) > MONITORS:
            raise Rejected(Failure.NO_ROOM, MONITORS - len(self._monitors))
        return lambda: self._monitors.update(added)

    def _delete(self, arguments: Arguments, now_ms: int) -> Effect:
        """Only monitors that are disabled go."""
        monitors = self._known(arguments)
        for monitor in monitors:
            if monitor.enabled:
                raise Rejected(Failure.NOT_NOW, monitor.number)

        def effect() -> None:
            for monitor in monitors:
                self._monitors.pop(monitor.number, None)

        return effect

    def _delete_all(self, arguments: Arguments, now_ms: int) -> Effect:
        """Only while nothing is being checked."""
        if self.active:
            raise Rejected(Failure.NOT_NOW, len(self._monitors))
        return self._monitors.clear

    def _definitions(self, arguments: Arguments, now_ms: int) -> Effect:
        monitors = self._known(arguments)

        def effect() -> None:
            for m in monitors:
                raw = (1, m.number, m.parameter, m.enabled, m.repetition, m.low, m.high)
                self._answers.add("monitor_definition", raw)

        return effect

    def _status(self) -> None:
        for monitor in self._monitors.values():
            self._answers.add("monitor_status", (1, monitor.number, monitor.state))

    def _known(self, arguments: Arguments) -> list[Monitor]:
        monitors = []
        for number in integers(arguments, "monitor"):
            if number not in self._monitors:
                raise Rejected(Failure.NOT_FOUND, number)
            monitors.append(self._monitors[number])
        return monitors


def _engineering(parameter: Parameter, raw: float) -> float:
    """Engineering value of a raw one; a value that has a name is held against the limits as it is."""
    value = raw if parameter.states is not None else parameter.engineering(raw)
    return float(value)
