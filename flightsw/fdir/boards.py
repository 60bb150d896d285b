# SPDX-License-Identifier: Apache-2.0
"""Which boards answer: one that does not for some cycles is silent; one that stays so with its limiter on is power-cycled."""

from __future__ import annotations

from ..events import EventSink
from ..parameters import FlightParameters
from ..ports import BoardId
from .limiters import LOAD_COMPUTE, LOAD_LASER

FEED = {BoardId.COMPUTE: LOAD_COMPUTE, BoardId.LASER: LOAD_LASER}


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
