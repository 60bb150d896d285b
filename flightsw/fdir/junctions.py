# SPDX-License-Identifier: Apache-2.0
"""The thermometers of junctions and coolant, each of which stands in for the other.

A junction is never colder than its coolant, and sixteen readings do not repeat themselves together. While they are not trusted,
each junction is taken to be as warm as its share of the racks' power makes it above the coolant; while the coolant's is not, the
coldest junction stands in for that. With neither, every node is taken to be too hot.
"""

from __future__ import annotations

from math import ceil

from ..events import EventSink
from ..parameters import FlightParameters
from ..sample import ComputeWords
from .alarm import SETTABLE, Alarm
from .sensors import COOLANT_TEMPERATURE, GOOD, JUNCTION_TEMPERATURE, Cause, Trust

DEAD_COUNT = 2  # 202 K: no junction is so cold
REPEATS = 10  # of all sixteen
ZERO_K, HOTTEST = 200.0, 0xFF
COOLANT_K = 0.01


class JunctionCheck:
    """Whether the junctions' thermometers work."""

    __slots__ = ("_alarm", "_last", "_parameters", "_repeats")

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._alarm = Alarm(SETTABLE, GOOD)
        self._last: tuple[int, ...] = ()
        self._repeats = 0

    def follow(self, now_ms: int, words: ComputeWords, trust: Trust, events: EventSink) -> None:
        """Take a sample in."""
        dead = min(words.temperatures) <= DEAD_COUNT
        self._repeats = self._repeats + 1 if words.temperatures == self._last else 0
        self._last = words.temperatures
        odd = dead or self._repeats >= REPEATS
        if self._alarm.follow(odd, self._parameters.sensor_samples):
            cause = (Cause.RANGE if dead else Cause.STUCK) if self._alarm.active else None
            trust.tell(now_ms, JUNCTION_TEMPERATURE, cause, events)

    def stand_in(self, words: ComputeWords, racks_w: float, trust: Trust) -> ComputeWords:
        """The sample as decisions may go by it."""
        coolant, junctions = trust.sound[COOLANT_TEMPERATURE], trust.sound[JUNCTION_TEMPERATURE]
        if coolant and junctions:
            return words
        if junctions:
            coldest_k = min(words.temperatures) + ZERO_K
            return words._replace(coolant_temperature=round(coldest_k / COOLANT_K))
        if not coolant:
            return words._replace(temperatures=(HOTTEST,) * len(words.temperatures))
        running = ((words.node_state | words.node_state >> 1) & 0x55555555).bit_count()
        risen_k = self._parameters.junction_k_w * racks_w / max(running, 1)
        kelvins = words.coolant_temperature * COOLANT_K + risen_k - ZERO_K
        count = min(max(ceil(kelvins), 0), HOTTEST)
        return words._replace(temperatures=(count,) * len(words.temperatures))
