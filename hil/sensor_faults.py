# SPDX-License-Identifier: Apache-2.0
"""Faults of sensors: they change the counts that converters have made of the plant, on their way to the boards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .faults import Fault
from .plant.noise import GAUSSIAN, Noise
from .sensor_fields import SENSORS, Sensor
from .timeline import Timeline

Words = tuple[Sequence[int], Sequence[int], Sequence[int]]
_OCTETS = 64


class _Struck(NamedTuple):
    """One fault, ready to act.

    Attributes:
        held: what the words were when it began.
    """

    fault: Fault
    sensors: tuple[Sensor, ...]
    noise: Noise
    held: Words


class SensorFaults:
    """Strikes the words of `sensors.words`; where nothing is to be struck it hands them on as they are."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._timeline = Timeline(fault for fault in faults if fault.target in SENSORS)
        self._seed = seed
        self._active: tuple[Fault, ...] = ()
        self._struck: tuple[_Struck, ...] = ()
        self._last: Words | None = None

    def strike(self, words: Words, now_ms: int) -> Words:
        """What the boards get at `now_ms` in place of `words`."""
        active = self._timeline.at(now_ms)
        if active is not self._active:
            self._follow(active, self._last or words)
        if self._struck:
            words = self._changed(words, now_ms)
        self._last = words
        return words

    def _follow(self, active: tuple[Fault, ...], held: Words) -> None:
        kept = {id(struck.fault): struck for struck in self._struck}
        self._struck = tuple(
            kept.get(id(fault)) or _Struck(fault, SENSORS[fault.target], self._noise(fault), held)
            for fault in active
        )
        self._active = active

    def _noise(self, fault: Fault) -> Noise:
        return Noise(self._seed, fault.target[:16])

    def _changed(self, words: Words, now_ms: int) -> Words:
        found = [list(board) for board in words]
        for struck in self._struck:
            for place, sensor in enumerate(struck.sensors):
                field, board = sensor.field, found[sensor.board]
                count = _count(struck, sensor, field.raw(board[sensor.word]), place, now_ms)
                limited = min(max(count, 0), (1 << field.width) - 1)
                board[sensor.word] = board[sensor.word] & ~field.mask | field.place(limited)
        return found[0], found[1], found[2]


def _count(struck: _Struck, sensor: Sensor, count: int, place: int, now_ms: int) -> int:
    """The count of the `place`-th converter of a target, where its own is `count`."""
    fault, field = struck.fault, sensor.field
    if fault.kind == "dead":
        return 0
    if fault.kind == "stuck":
        return field.raw(struck.held[sensor.board][sensor.word])
    if fault.kind == "bias":
        return count + round(fault.amount / field.lsb)
    octet = struck.noise.octets(now_ms)[place % _OCTETS]
    return count + round(GAUSSIAN[octet] * fault.amount / field.lsb)
