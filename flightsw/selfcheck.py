# SPDX-License-Identifier: Apache-2.0
"""What flight software checks of itself at the start of each cycle: the time it is told, and its memory.

At boot the power board's count of milliseconds is believed. Its watchdog resets a computer that has not finished a cycle for a
while, so no longer time than that can have gone by since the last one. A time that says otherwise has jumped: flight software
then counts one cycle and keeps on counting from there, so that nothing else on board ever sees a time that runs backwards or
leaps.
"""

from __future__ import annotations

from collections import deque

from flatsat.boards.registers import power_flight

from .events import EventSink
from .onboard_time import unwrapped_ms
from .parameters import FlightParameters
from .ports import BoardBus, BoardId, PortFault, Read
from .records import KeptRecords
from .settable import ParameterTable

OVERRUN_CYCLES = 1.5
SCRUB_RECORDS_EVERY_CYCLES = 10


def board_time_ms(bus: BoardBus, told_ms: int) -> int:
    """The power board's time, unwrapped to be the nearest to the time told; that one itself when the board does not answer."""
    (answer,) = bus.exchange([Read(BoardId.POWER, power_flight.TIME_NOW.address, 4)])
    if isinstance(answer, PortFault):
        return told_ms
    return unwrapped_ms(int.from_bytes(answer, "big"), told_ms)


class SelfCheck:
    """Clock, cycle time and memory.

    Args:
        told_ms: the time that was told at boot.
        now_ms: the time to begin with.
    """

    __slots__ = (
        "_cycle",
        "_events",
        "_faults_ms",
        "_now_ms",
        "_parameters",
        "_records",
        "_table",
        "_told_ms",
    )

    def __init__(
        self,
        parameters: FlightParameters,
        table: ParameterTable,
        records: KeptRecords,
        events: EventSink,
        told_ms: int,
        now_ms: int,
    ) -> None:
        self._parameters = parameters
        self._table = table
        self._records = records
        self._events = events
        self._told_ms = told_ms
        self._now_ms = now_ms
        self._faults_ms: deque[int] = deque()
        self._cycle = 0
        if told_ms != now_ms:
            self._fault("CLOCK_JUMPED", round((told_ms - now_ms) / 1000))

    def begin(self, told_ms: int) -> int:
        """Check before anything else of a cycle; returns the time to go by."""
        scrubbed = self._table.scrub()
        now_ms = self._follow(told_ms)
        for identifier, copy in scrubbed:
            self._fault("PARAMETER_SCRUBBED", identifier, copy)
        self._scrub_records(now_ms)
        return now_ms

    def faults(self, now_ms: int) -> int:
        """How many faults of its own there were in the last hour."""
        window_ms = self._parameters.reset_window_s * 1000.0
        while self._faults_ms and now_ms - self._faults_ms[0] > window_ms:
            self._faults_ms.popleft()
        return len(self._faults_ms)

    def _follow(self, told_ms: int) -> int:
        parameters = self._parameters
        elapsed_ms, self._told_ms = told_ms - self._told_ms, told_ms
        if not 0 <= elapsed_ms <= parameters.watchdog_in_force_ms + parameters.cycle_ms:
            self._now_ms += parameters.cycle_ms
            self._fault("CLOCK_JUMPED", round((elapsed_ms - parameters.cycle_ms) / 1000))
            return self._now_ms
        self._now_ms += elapsed_ms
        if elapsed_ms > OVERRUN_CYCLES * parameters.cycle_ms:
            self._fault("CYCLE_OVERRUN", elapsed_ms)
        return self._now_ms

    def _scrub_records(self, now_ms: int) -> None:
        self._cycle += 1
        if self._cycle % SCRUB_RECORDS_EVERY_CYCLES == 0:
            number = self._records.scrub()
            if number is not None:
                self._fault("RECORD_REPAIRED", number)

    def _fault(self, name: str, *facts: int) -> None:
        self._faults_ms.append(self._now_ms)
        self._events.raise_event(name, self._now_ms, *facts)
