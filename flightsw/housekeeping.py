# SPDX-License-Identifier: Apache-2.0
"""Housekeeping: which report is due, and its raw values in the order of the dictionary."""

from __future__ import annotations

from typing import NamedTuple

from flatsat.protocols.dictionary import Dictionary, PacketDefinition

from .sample import ComputeWords, LaserWords, PowerWords

POWER, COMPUTE, LASER, SOFTWARE = "power_hk", "compute_hk", "laser_hk", "fsw_hk"
REPORTS = (POWER, COMPUTE, LASER, SOFTWARE)
NEVER = 1 << 62


class Setting(NamedTuple):
    """Whether a report is made periodically, and how often."""

    enabled: bool
    period_ms: int


class Schedule:
    """When each report is due: at the multiples of its period in board time.

    Attributes:
        definitions: the reports, by name.
        names: their names, by structure identifier.
    """

    __slots__ = ("_due_ms", "_settings", "definitions", "names")

    def __init__(self, dictionary: Dictionary) -> None:
        self.definitions = {name: dictionary.packets[name] for name in REPORTS}
        self.names = {definition.structure or 0: name for name, definition in self.definitions.items()}
        self._settings = {
            name: Setting(True, round((definition.period_s or 1.0) * 1000))
            for name, definition in self.definitions.items()
        }
        self._due_ms = dict.fromkeys(self.definitions, 0)

    def due(self, now_ms: int) -> list[str]:
        """The reports that are due now; one stays due until it is made."""
        return [name for name, due_ms in self._due_ms.items() if now_ms >= due_ms]

    def made(self, name: str, now_ms: int) -> PacketDefinition:
        """A report is being made; returns its definition."""
        self._due_ms[name] = self._next_ms(name, now_ms)
        return self.definitions[name]

    def setting(self, structure: int) -> Setting:
        """How often a report is made, by structure identifier."""
        return self._settings[self.names[structure]]

    def set(self, structure: int, setting: Setting, now_ms: int) -> None:
        """Make a report as often as that from now on."""
        name = self.names[structure]
        self._settings[name] = setting
        next_ms = self._next_ms(name, now_ms)
        self._due_ms[name] = min(self._due_ms[name], next_ms) if setting.enabled else NEVER

    def once(self, structure: int) -> None:
        """Make a report in this cycle; the periodic ones go on as they were."""
        self._due_ms[self.names[structure]] = 0

    def _next_ms(self, name: str, now_ms: int) -> int:
        enabled, period_ms = self._settings[name]
        return (now_ms // period_ms + 1) * period_ms if enabled else NEVER


def power_raw(words: PowerWords) -> tuple[int, ...]:
    """Raw values of the power report: the sample as it is."""
    return words


def compute_raw(words: ComputeWords) -> tuple[int, ...]:
    """Raw values of the compute report."""
    return (*words[:-1], *words.temperatures)


def laser_raw(words: LaserWords) -> tuple[int, ...]:
    """Raw values of the laser report: the sample without the link timer, the state first."""
    return (*words[:2], words.state, words.fifo_level, words.acquisitions, *words[5:11], *words[12:])
