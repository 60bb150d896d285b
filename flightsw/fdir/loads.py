# SPDX-License-Identifier: Apache-2.0
"""Limiters whose switch does not obey: current although they are off, or none where the load must draw some.

A limiter that feeds nothing is switched off and on again like one that has tripped. One that cannot be switched off is told: its
load is then off by its own switch only (heaters), or by its nodes (racks), which stay commanded off with their limiter.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from ..events import EventSink
from ..parameters import FlightParameters
from .alarm import SETTABLE, alarms
from .limiters import LIMITERS, LimiterControl
from .readings import Readings

RIGHT_SAMPLES = 5
LEAK_A = (0.5, 0.12, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5)
LEAST_A = (0.6, 0.1, 0.0, 0.0, 1.5, 0.8, 3.0, 3.0)  # half of what each load draws at the least
RACK_SHARE = 0.3  # of what the nodes must draw
LEAST_RACK_W = 1500.0
SOUND_BUS = 0.85  # of nominal voltage: below it loads may draw anything
RACKS, PUMP, BATTERY_HEATER, COOLANT_HEATER = (2, 3), 4, 5, 6


class How(IntEnum):
    """The values are those of telemetry."""

    OFF = 0
    ON = 1


class Expected(NamedTuple):
    """What decides which loads must draw current.

    Attributes:
        heaters: mask of the heaters' limiters whose own switch was closed in this and the latest cycle.
        racks_w: the least that the nodes of each rack must have drawn.
    """

    heaters: int
    racks_w: tuple[float, ...]


class LoadWatch:
    """Limiters by the current that they pass.

    Attributes:
        dead: mask of those that pass nothing although they are on.
        pump_dead: whether the latest sample has made the pump one of these, or proved it once more.
        stuck: mask of those that pass current although they are off.
    """

    __slots__ = ("_dead", "_last_on", "_leak", "_parameters", "dead", "pump_dead", "stuck")

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self._leak = alarms(LIMITERS, SETTABLE, RIGHT_SAMPLES)
        self._dead = [0] * LIMITERS  # samples without current, negative: with
        self._last_on = 0
        self.dead = 0
        self.pump_dead = False
        self.stuck = 0

    def observe(
        self, now_ms: int, now: Readings, limiters: LimiterControl, expected: Expected, events: EventSink
    ) -> None:
        """Take in a sample. Currents are from the step before the limiters' status."""
        steady_on = limiters.on & self._last_on & ~limiters.cut
        steady_off = ~(limiters.on | self._last_on | limiters.tripped) & 0xFF
        self._last_on = limiters.on
        self.pump_dead = False
        sound = now.bus_v > SOUND_BUS * self._parameters.bus_nominal_v
        for load in range(LIMITERS):
            amperes = now.loads_a[load]
            if steady_off >> load & 1:
                self._watch_leak(now_ms, load, amperes > LEAK_A[load], events)
            elif steady_on >> load & 1 and sound:
                least_a = self._least_a(load, now, expected)
                if least_a:
                    self._watch_dead(now_ms, load, amperes < least_a, limiters, events)

    def _least_a(self, load: int, now: Readings, expected: Expected) -> float:
        if load in RACKS:
            rack_w = expected.racks_w[load - RACKS[0]]
            return RACK_SHARE * rack_w / now.bus_v if rack_w >= LEAST_RACK_W else 0.0
        if load in (BATTERY_HEATER, COOLANT_HEATER) and not expected.heaters >> load & 1:
            return 0.0
        return LEAST_A[load]

    def _watch_leak(self, now_ms: int, load: int, leaks: bool, events: EventSink) -> None:
        if not self._leak[load].follow(leaks, self._parameters.limiter_stuck_samples):
            return
        self.stuck ^= 1 << load
        if self.stuck >> load & 1:
            events.raise_event("LCL_STUCK", now_ms, load, How.ON)
        else:
            events.raise_event("LOAD_RECOVERED", now_ms, load)

    def _watch_dead(
        self, now_ms: int, load: int, dead: bool, limiters: LimiterControl, events: EventSink
    ) -> None:
        """Each time that it stays dead it is switched off for a while, longer each time."""
        before, known = self._dead[load], self.dead >> load & 1
        self._dead[load] = max(before, 0) + 1 if dead else min(before, 0) - 1
        if self._dead[load] >= self._parameters.limiter_stuck_samples:
            if not known:
                self.dead |= 1 << load
                if load == PUMP:
                    events.raise_event("PUMP_FAILED", now_ms, 0)
                else:
                    events.raise_event("LCL_STUCK", now_ms, load, How.OFF)
            self._dead[load] = 0
            if load == PUMP:
                self.pump_dead = True  # its nodes go first
            else:
                limiters.fail(load, now_ms, events)
        elif known and self._dead[load] <= -RIGHT_SAMPLES:
            self.dead &= ~(1 << load)
            events.raise_event("LOAD_RECOVERED", now_ms, load)
