# SPDX-License-Identifier: Apache-2.0
"""Housekeeping: which report is due, and its raw values in the order of the dictionary."""

from __future__ import annotations

from flatsat.protocols.dictionary import Dictionary, PacketDefinition

from .sample import ComputeWords, LaserWords, PowerWords

POWER, COMPUTE, LASER, SOFTWARE = "power_hk", "compute_hk", "laser_hk", "fsw_hk"


class Schedule:
    """When each report is due: at the multiples of its period in board time."""

    __slots__ = ("_due_ms", "definitions")

    def __init__(self, dictionary: Dictionary) -> None:
        self.definitions = {name: dictionary.packets[name] for name in (POWER, COMPUTE, LASER, SOFTWARE)}
        self._due_ms = dict.fromkeys(self.definitions, 0)

    def due(self, name: str, now_ms: int) -> PacketDefinition | None:
        """The report's definition if it is due now."""
        if now_ms < self._due_ms[name]:
            return None
        definition = self.definitions[name]
        period_ms = round((definition.period_s or 1.0) * 1000)
        self._due_ms[name] = (now_ms // period_ms + 1) * period_ms
        return definition


def power_raw(words: PowerWords) -> tuple[int, ...]:
    """Raw values of the power report: the sample as it is."""
    return words


def compute_raw(words: ComputeWords) -> tuple[int, ...]:
    """Raw values of the compute report."""
    return (*words[:-1], *words.temperatures)


def laser_raw(words: LaserWords) -> tuple[int, ...]:
    """Raw values of the laser report: the sample without the link timer, the state first."""
    return (
        *words[:2],
        words.state,
        words.fifo_level,
        words.acquisitions,
        *words[5:11],
        words.temperature,
    )
