# SPDX-License-Identifier: Apache-2.0
"""What flight software checks of itself at the start of each cycle: the time it is told, and its memory.

The power board's watchdog resets a computer that has not finished a cycle for a while, so no longer time than that can have gone
by since the last one. A time that says otherwise has jumped: flight software then counts one cycle and keeps on counting from
there, so that nothing else on board ever sees a time that runs backwards or leaps.
"""

from __future__ import annotations

from collections import deque

from .events import EventSink
from .parameters import FlightParameters
from .records import KeptRecords
from .settable import ParameterTable

OVERRUN_CYCLES = 1.5
SCRUB_RECORDS_EVERY_CYCLES = 10


class SelfCheck:
    """Clock, cycle time and memory.

    Args:
        told_ms: the time at boot, taken as it is.
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
    ) -> None:
        self._parameters = parameters
        self._table = table
        self._records = records
        self._events = events
        self._told_ms = self._now_ms = told_ms
        self._faults_ms: deque[int] = deque()
        self._cycle = 0

    def begin(self, told_ms: int) -> int:
        """Check before anything else of a cycle; returns the time to go by."""
        self._scrub()
        now_ms = self._follow(told_ms)
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

    def _scrub(self) -> None:
        for identifier, copy in self._table.scrub():
            self._fault("PARAMETER_SCRUBBED", identifier, copy)

    def _scrub_records(self, now_ms: int) -> None:
        self._cycle += 1
        if self._cycle % SCRUB_RECORDS_EVERY_CYCLES == 0:
            number = self._records.scrub()
            if number is not None:
                self._fault("RECORD_REPAIRED", number)

    def _fault(self, name: str, *facts: int) -> None:
        self._faults_ms.append(self._now_ms)
        self._events.raise_event(name, self._now_ms, *facts)
