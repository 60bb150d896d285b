# SPDX-License-Identifier: Apache-2.0
"""Service 3, housekeeping (ECSS-E-ST-70-41C 6.3): which reports are made, and how often."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from flatsat.protocols.telecommand import Arguments

from ..housekeeping import Schedule, Setting
from .answers import Answers
from .request import Commands, Effect, Failure, Rejected, integers

_SETTING = struct.Struct(">B?I")


class HousekeepingService:
    """Sets the schedule of housekeeping reports.

    Args:
        sampled: raw values of a report by its name, None when its board did not answer in this cycle.
    """

    key, version = 3, 1

    def __init__(
        self, schedule: Schedule, sampled: Callable[[str], Sequence[float] | None], answers: Answers
    ) -> None:
        self._schedule = schedule
        self._sampled = sampled
        self._answers = answers

    @property
    def commands(self) -> Commands:
        return {
            "hk_enable": lambda arguments, now_ms: self._switch(arguments, True, now_ms),
            "hk_disable": lambda arguments, now_ms: self._switch(arguments, False, now_ms),
            "hk_report": self._report,
            "hk_period": self._period,
            "hk_properties": self._properties,
        }

    def pack(self) -> bytes:
        settings = ((structure, self._schedule.setting(structure)) for structure in self._schedule.names)
        return b"".join(_SETTING.pack(structure, *setting) for structure, setting in settings)

    def restore(self, octets: bytes) -> None:
        settings = list(_SETTING.iter_unpack(octets))
        known = self._schedule.names
        if any(structure not in known or period_ms <= 0 for structure, _, period_ms in settings):
            raise ValueError("no such housekeeping report")
        for structure, enabled, period_ms in settings:
            self._schedule.set(structure, Setting(enabled, period_ms), 0)

    def _switch(self, arguments: Arguments, enabled: bool, now_ms: int) -> Effect:
        structures = integers(arguments, "structure")

        def effect() -> None:
            for structure in structures:
                setting = self._schedule.setting(structure)
                self._schedule.set(structure, setting._replace(enabled=enabled), now_ms)

        return effect

    def _report(self, arguments: Arguments, now_ms: int) -> Effect:
        structures = integers(arguments, "structure")
        for structure in structures:
            if self._sampled(self._schedule.names[structure]) is None:
                raise Rejected(Failure.NOT_NOW, structure)

        def effect() -> None:
            for structure in structures:
                self._schedule.once(structure)

        return effect

    def _period(self, arguments: Arguments, now_ms: int) -> Effect:
        periods: dict[int, int] = {}
        columns = integers(arguments, "structure"), integers(arguments, "period_ms")
        for structure, period_ms in zip(*columns, strict=True):
            if structure in periods:
                raise Rejected(Failure.INCONSISTENT, structure)
            periods[structure] = period_ms

        def effect() -> None:
            for structure, period_ms in periods.items():
                setting = self._schedule.setting(structure)
                self._schedule.set(structure, setting._replace(period_ms=period_ms), now_ms)

        return effect

    def _properties(self, arguments: Arguments, now_ms: int) -> Effect:
        structures = integers(arguments, "structure")

        def effect() -> None:
            for structure in structures:
                self._answers.add("hk_properties", (1, structure, *self._schedule.setting(structure)))

        return effect
