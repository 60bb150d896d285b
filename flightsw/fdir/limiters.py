# SPDX-License-Identifier: Apache-2.0
"""The power board's limiters: a limiter that trips is switched off, which forgets the trip, and on again after a while.

Later each time, until it is given up for hours. Never given up: attitude control, what the ground reaches the satellite by,
and the pump, without which no node may run.
"""

from __future__ import annotations

from ..events import EventSink
from ..parameters import FlightParameters
from ..retry import RetryLadder
from ..sample import PowerWords
from .quarantine import Thing, tell_given_up

LIMITERS = 8
(
    LOAD_COMPUTE,
    LOAD_LASER,
    LOAD_RACK_A,
    LOAD_RACK_B,
    LOAD_PUMP,
    LOAD_BATTERY_HEATER,
    LOAD_COOLANT_HEATER,
    LOAD_ESSENTIAL,
) = (1 << load for load in range(LIMITERS))
LOAD_RACKS = LOAD_RACK_A | LOAD_RACK_B
NEVER_GIVEN_UP = LOAD_ESSENTIAL | LOAD_LASER | LOAD_COMPUTE | LOAD_PUMP
UVLO = 1  # STATUS bit 0


class LimiterControl:
    """Which limiters are enabled, from which are wanted and which have tripped.

    Attributes:
        command: mask to enable.
        on, tripped: masks of those that feed their load, and of those latched off, in the latest sample.
        failed: mask of those whose trip was found in the latest sample.
        cut: mask of those that may have been off since the sample before, trips between samples included.
    """

    __slots__ = ("_ladder", "_trips", "command", "cut", "failed", "locked_out", "on", "tripped")

    def __init__(self, parameters: FlightParameters) -> None:
        self._ladder = RetryLadder(LIMITERS, parameters.limiter_retry_s, never=NEVER_GIVEN_UP)
        self._trips = -1
        self.command = LOAD_ESSENTIAL
        self.on = 0
        self.tripped = 0
        self.cut = 0
        self.failed = 0
        self.locked_out = False

    def observe(self, now_ms: int, words: PowerWords, events: EventSink) -> None:
        """Take in limiter status and trip counts."""
        self.on = words.lcl_status & 0xFF
        self.tripped = tripped = words.lcl_status >> 8
        self.cut = ~self.on & 0xFF
        if words.lcl_trips != self._trips:
            if self._trips >= 0:
                for load in range(LIMITERS):
                    if (words.lcl_trips ^ self._trips) >> 4 * load & 15:
                        self.cut |= 1 << load
            self._trips = words.lcl_trips
        self.failed = tripped & self.command & ~self._ladder.held
        for load in range(LIMITERS) if self.failed else ():
            if self.failed >> load & 1:
                events.raise_event("LCL_TRIPPED", now_ms, load, words.lcl_trips >> 4 * load & 15)
                self.fail(load, now_ms, events)
        locked_out = bool(words.status & UVLO)
        if locked_out is not self.locked_out:
            events.raise_event("UNDER_VOLTAGE", now_ms, locked_out, words.battery_voltage)
        self.locked_out = locked_out

    def clear_retries(self) -> None:
        """Let every load that is held off be tried again at once."""
        self._ladder.clear()

    def fail(self, load: int, now_ms: int, events: EventSink) -> None:
        """Switch a load off for a while, because of what it does or what hangs on it."""
        given_up = self._ladder.fail(load, now_ms)
        tell_given_up(given_up, now_ms, Thing.LIMITER, load, events)

    def decide(self, now_ms: int, wanted: int) -> int:
        """Return the mask to enable."""
        held = self._ladder.release(now_ms)
        self.command = LOAD_ESSENTIAL if self.locked_out else (wanted & ~held) | LOAD_ESSENTIAL
        return self.command
