# SPDX-License-Identifier: Apache-2.0
"""Fault detection, isolation and recovery on the power board's limiters and on the way to the boards.

A limiter that trips is switched off, which forgets the trip, and on again after a while, later each time. A board that
does not answer for some cycles is silent; one that stays silent with its limiter on is power-cycled.
"""

from __future__ import annotations

from .events import EventSink
from .parameters import FlightParameters
from .ports import BoardId
from .retry import RetryLadder
from .sample import PowerWords

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
FEED = {BoardId.COMPUTE: LOAD_COMPUTE, BoardId.LASER: LOAD_LASER}
UVLO = 1  # STATUS bit 0


class LimiterControl:
    """Which limiters are enabled, from which are wanted and which have tripped.

    Attributes:
        command: mask to enable.
        on, tripped: masks of those that feed their load, and of those latched off, in the latest sample.
        cut: mask of those that may have been off since the sample before, trips between samples included.
    """

    __slots__ = ("_ladder", "_trips", "command", "cut", "locked_out", "on", "tripped")

    def __init__(self, parameters: FlightParameters) -> None:
        self._ladder = RetryLadder(LIMITERS, parameters.retry_s)
        self._trips = -1
        self.command = LOAD_ESSENTIAL
        self.on = 0
        self.tripped = 0
        self.cut = 0
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
        for load in range(LIMITERS) if tripped else ():
            if tripped & self.command & ~self._ladder.held & 1 << load:
                events.raise_event("LCL_TRIPPED", now_ms, load, words.lcl_trips >> 4 * load & 15)
                self._ladder.fail(load, now_ms)
        locked_out = bool(words.status & UVLO)
        if locked_out is not self.locked_out:
            events.raise_event("UNDER_VOLTAGE", now_ms, locked_out, words.battery_voltage)
        self.locked_out = locked_out

    def clear_retries(self) -> None:
        """Let every load that is held off be tried again at once."""
        self._ladder.clear()

    def power_cycle(self, load: int, now_ms: int) -> None:
        """Switch a load off for a while, because what hangs on it does not answer."""
        self._ladder.fail(load.bit_length() - 1, now_ms)

    def decide(self, now_ms: int, wanted: int) -> int:
        """Return the mask to enable."""
        held = self._ladder.release(now_ms)
        self.command = LOAD_ESSENTIAL if self.locked_out else (wanted & ~held) | LOAD_ESSENTIAL
        return self.command


class BoardWatch:
    """Which boards answer.

    Attributes:
        missing: replies that did not come since boot, modulo 65,536.
        refused: writes the boards refused since boot, modulo 65,536.
        silent_cycles: for each board, cycles in a row without an answer to the sample.
    """

    __slots__ = ("_parameters", "missing", "refused", "silent_cycles")

    def __init__(self, parameters: FlightParameters) -> None:
        self._parameters = parameters
        self.missing = 0
        self.refused = 0
        self.silent_cycles = [0, 0, 0]

    def silent(self, board: BoardId) -> bool:
        """Whether a board counts as silent."""
        return self.silent_cycles[board] >= self._parameters.silent_cycles

    def answered(self, board: BoardId, now_ms: int, events: EventSink) -> bool:
        """A sample came; returns whether the board had been silent."""
        cycles = self.silent_cycles[board]
        self.silent_cycles[board] = 0
        if cycles < self._parameters.silent_cycles:
            return False
        events.raise_event("BOARD_BACK", now_ms, board, cycles)
        return True

    def unanswered(self, board: BoardId, now_ms: int, events: EventSink) -> None:
        """No sample came from a board that should have power."""
        self.missing = (self.missing + 1) & 0xFFFF
        self.silent_cycles[board] += 1
        if self.silent_cycles[board] == self._parameters.silent_cycles:
            events.raise_event("BOARD_SILENT", now_ms, board, self.silent_cycles[board])
